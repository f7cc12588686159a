import { describe, expect, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'
import { expectedExitCode } from './scenarios/exit-codes.mjs'

describe('the end of the process', () => {
  it('process.exit() in mid-encode ends it with that status', async () => {
    await expectScenario('process-exit-mid-encode', { code: expectedExitCode('process-exit-mid-encode'), seconds: 20 })
  })

  it('process.exit() in mid-decode ends it with that status', async () => {
    await expectScenario('process-exit-mid-decode', { code: expectedExitCode('process-exit-mid-decode'), seconds: 20 })
  })

  it('an exception thrown by a callback in mid-encode ends it with status 1 and is printed', async () => {
    const { stderr } = await expectScenario('uncaught-exception-mid-encode', {
      code: expectedExitCode('uncaught-exception-mid-encode'),
      seconds: 20,
    })
    expect(stderr).toContain('thrown by the output callback')
  })

  it('comes by itself when codecs were never closed', async () => {
    await expectScenario('never-closed', { seconds: 20 })
  })

  it('is not held up by configured codecs that are idle', async () => {
    const { seconds } = await expectScenario('idle-codec', { seconds: 20 })
    expect(seconds).toBeLessThan(5)
  })

  it('waits for a pending flush', async () => {
    const { stdout } = await expectScenario('pending-flush', { seconds: 20 })
    expect(stdout).toBe('flushed 30\n')
  })

  it('waits for frames that are being encoded', async () => {
    const { stdout } = await expectScenario('pending-work', { seconds: 20 })
    expect(stdout).toBe('chunks 30\n')
  })

  it('is not brought about by an exception in a callback when the program catches it', async () => {
    await expectScenario('callback-throws', { seconds: 20 })
  })
})

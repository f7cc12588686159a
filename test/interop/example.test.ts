/** The examples in TypeScript, run as the README says. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/example.mjs', import.meta.url))

async function run(...args: string[]) {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args])
  return JSON.parse(stdout)
}

test('worker-render encodes every frame, with the buffers of its pool alone', async () => {
  const size = ['--frames', '120', '--width', '320', '--height', '240', '--json']
  const { renderer, encoder } = await run('worker-render', ...size)
  expect(renderer.pool).toMatchObject({ acquired: 120, released: 120, lost: 0, foreign: 0, mismatched: 0 })
  expect(renderer.pool.allocations).toBeLessThanOrEqual(8)
  const plain = await run('worker-render', ...size, '--no-pool')
  expect(plain.renderer.pool).toMatchObject({ acquired: 120, allocations: 120, released: 0 })
  // The same pictures, so the same stream.
  expect(encoder.bytes).toBe(plain.encoder.bytes)
})

// A worker for tests: takes its options as JSON, says what it does, and ends when its standard input closes.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { FarmWorker } from '../../dist/farm.js'

const options = JSON.parse(process.argv[2])
const say = (line) => process.stdout.write(`${line}\n`)
const worker = await FarmWorker.start({
  ...options,
  progressInterval: 200,
  onStep: ({ event, step, error }) =>
    say([event, step.kind, step.index ?? '', step.task.job.input.path, error ? error.code : ''].join(' ')),
})
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
say('ready')
process.stdin.resume()
process.stdin.once('close', async () => {
  // Of the event loop that renews the locks, in milliseconds.
  say(`delay ${delay.max / 1e6}`)
  await worker.close({ now: true })
  process.exit(0)
})
void worker.ended.then(async (error) => {
  say(`ended ${error.code}`)
  await worker.close()
  process.exit(3)
})

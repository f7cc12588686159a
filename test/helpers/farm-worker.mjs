// A worker for tests: takes its options as JSON, says what it does, and ends when its standard input closes.
import { FarmWorker } from '../../dist/farm.js'

const options = JSON.parse(process.argv[2])
const say = (line) => process.stdout.write(`${line}\n`)
const worker = await FarmWorker.start({
  ...options,
  progressInterval: 200,
  onStep: ({ event, step, error }) =>
    say([event, step.kind, step.index ?? '', step.task.job.input.path, error ? error.code : ''].join(' ')),
})
say(`pids ${worker.pool.pids.join(' ')}`)
say('ready')
process.stdin.resume()
process.stdin.once('close', async () => {
  await worker.close({ now: true })
  process.exit(0)
})
void worker.ended.then(async (error) => {
  say(`ended ${error.code}`)
  await worker.close()
  process.exit(3)
})

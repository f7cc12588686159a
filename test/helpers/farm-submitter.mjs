// A submitter for tests: submits a task, says so, and waits.
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { QueueRunner } from '../../dist/farm.js'

const [redis, json] = process.argv.slice(2)
const task = JSON.parse(json)
const runner = await QueueRunner.connect({ redis })
void runner.run(task)
const queue = new Queue('webcodecs-native', { connection: { url: redis } })
while (!(await queue.getJob(`${task.id}-publish`))) await sleep(20)
process.stdout.write('submitted\n')

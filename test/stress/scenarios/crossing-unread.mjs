// Messages with frames that nobody reads: they are counted as in flight, and freed when their port closes or the thread
// that could read them ends, also when the sender has ended before that.
import { once } from 'node:events'
import { isMainThread, MessageChannel, parentPort, Worker, workerData } from 'node:worker_threads'
import { sendable } from '../../../dist/worker.js'
import { assert, assertNothingLives, counters, makeFrame, until } from './support.mjs'

const start = (task, ports = {}) =>
  new Worker(new URL(import.meta.url), { workerData: { task, ...ports }, transferList: Object.values(ports) })

const tasks = {
  /** Has messages come, and reads none. */
  deaf() {
    parentPort.once('message', () => process.exit())
    parentPort.postMessage('ready')
  },
  /** Sends to another worker, and ends. */
  sender({ port }) {
    const frame = makeFrame(1)
    for (let i = 0; i < 3; i++) port.postMessage(frame)
    frame.close()
    parentPort.postMessage('sent')
  },
  /** Sends to another worker, and lives until it is terminated. */
  lastingSender({ port }) {
    tasks.sender({ port })
    setInterval(() => {}, 1000)
  },
  /** Frames in workerData, which it reads and closes. */
  reader({ frame }) {
    assert.equal(frame.format, 'I420')
    frame.close()
  },
}

async function unreadInPort() {
  const { port1, port2 } = new MessageChannel()
  const frame = makeFrame(0)
  for (let i = 0; i < 3; i++) port1.postMessage({ frame })
  frame.close()
  assert.equal(counters().inFlight, 3)
  port2.close()
  await until(() => counters().inFlight === 0, 'the port to close')
}

async function unreadInWorker() {
  const { port1, port2 } = new MessageChannel()
  const worker = start('deaf', { port: port2 })
  await once(worker, 'message')
  const frame = makeFrame(0)
  port1.postMessage(frame, [frame])
  const other = makeFrame(1)
  const token = sendable(other, { transfer: [other] })
  port1.postMessage(token, [token])
  assert.equal(counters().inFlight, 2)
  worker.postMessage('end')
  await once(worker, 'exit')
  await until(() => counters().inFlight === 0, 'what the worker did not read')
}

async function unreadOfEndedSender(task, end) {
  const { port1, port2 } = new MessageChannel()
  const receiver = start('deaf', { port: port2 })
  const sender = start(task, { port: port1 })
  const exit = once(sender, 'exit')
  await Promise.all([once(receiver, 'message'), once(sender, 'message')])
  end(sender)
  await exit
  assert.equal(counters().inFlight, 3)
  await receiver.terminate()
  await until(() => counters().inFlight === 0, 'what an ended worker sent')
}

if (isMainThread) {
  await unreadInPort()
  await unreadInWorker()
  await unreadOfEndedSender('sender', () => {})
  await unreadOfEndedSender('lastingSender', (sender) => sender.terminate())
  const frame = makeFrame(2)
  const reader = new Worker(new URL(import.meta.url), { workerData: { task: 'reader', frame }, transferList: [frame] })
  assert.equal(frame.format, null)
  assert.deepEqual(await once(reader, 'exit'), [0])
  await assertNothingLives()
} else {
  tasks[workerData.task](workerData)
}

import { describe, expect, it } from 'vitest'
import { type ControlMessageOutcome, ControlMessageQueue } from '../../lib/control-queue.js'

function queueWithLog() {
  const queue = new ControlMessageQueue()
  const log: string[] = []
  const add = (name: string, outcome: () => ControlMessageOutcome = () => 'processed') =>
    queue.enqueue({
      run: () => {
        log.push(name)
        return outcome()
      },
      drop: () => log.push(`drop ${name}`),
    })
  return { queue, log, add }
}

describe('ControlMessageQueue', () => {
  it('runs messages in order', () => {
    const { queue, log, add } = queueWithLog()
    for (const name of ['a', 'b', 'c']) add(name)
    queue.process()
    expect(log).toEqual(['a', 'b', 'c'])
    expect(queue.isEmpty).toBe(true)
  })

  it('runs nothing while it is blocked', () => {
    const { queue, log, add } = queueWithLog()
    queue.blocked = true
    add('a')
    queue.process()
    expect(log).toEqual([])
    queue.blocked = false
    queue.process()
    expect(log).toEqual(['a'])
  })

  it('stops after a message that blocks it', () => {
    const { queue, log, add } = queueWithLog()
    add('configure', () => {
      queue.blocked = true
      return 'processed'
    })
    add('encode')
    queue.process()
    expect(log).toEqual(['configure'])
  })

  it('keeps a message that was not processed, and tries it again', () => {
    const { queue, log, add } = queueWithLog()
    let saturated = true
    add('encode', () => (saturated ? 'not processed' : 'processed'))
    add('flush')
    queue.process()
    expect(log).toEqual(['encode'])
    saturated = false
    queue.process()
    expect(log).toEqual(['encode', 'encode', 'flush'])
  })

  it('drops the messages that are left when it is cleared, and those alone', () => {
    const { queue, log, add } = queueWithLog()
    add('a')
    add('b', () => 'not processed')
    add('c')
    queue.process()
    queue.clear()
    expect(log).toEqual(['a', 'b', 'drop b', 'drop c'])
    expect(queue.isEmpty).toBe(true)
  })

  it('works through many messages a few at a time, in order', () => {
    const { queue, log, add } = queueWithLog()
    let room = 0
    for (let index = 0; index < 1000; index++) add(`${index}`, () => (room-- > 0 ? 'processed' : 'not processed'))
    while (!queue.isEmpty) {
      room = 7
      queue.process()
    }
    const processed = log.filter((name, index) => name !== log[index + 1])
    expect(processed).toEqual(Array.from({ length: 1000 }, (_, index) => `${index}`))
  })
})

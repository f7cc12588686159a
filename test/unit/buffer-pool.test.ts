import { MessageChannel } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { connectToPool, TransferableBufferPool } from '../../lib/pool.js'

/** Takes the memory of a buffer to another object, as a message to another thread does. */
const send = (buffer: ArrayBuffer): ArrayBuffer => structuredClone(buffer, { transfer: [buffer] })

async function acquire(pool: TransferableBufferPool): Promise<ArrayBuffer> {
  const buffer = await pool.acquire()
  if (!buffer) throw new Error('no buffer')
  return buffer
}

describe('a buffer', () => {
  test('is used again after its return', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16 })
    const first = await acquire(pool)
    new Uint8Array(first).fill(7)
    expect(pool.metrics).toMatchObject({ processing: 1, inFlight: 0, available: 0, allocations: 1, reused: 0 })
    const away = send(first)
    expect(pool.metrics).toMatchObject({ processing: 0, inFlight: 1, available: 0 })
    expect(pool.release(away)).toBe(true)
    expect(pool.metrics).toMatchObject({ processing: 0, inFlight: 0, available: 1 })
    expect(await pool.acquire()).toBe(away)
    expect(new Uint8Array(away)).toEqual(new Uint8Array(16).fill(7))
    expect(pool.metrics).toMatchObject({ acquired: 2, reused: 1, hitRate: 0.5, released: 1, turnover: 1 })
  })

  test('that never left is given back as it is', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16 })
    const [first, second] = [await acquire(pool), await acquire(pool)]
    expect(pool.release(first)).toBe(true)
    expect(pool.metrics).toMatchObject({ processing: 1, available: 1 })
    expect(pool.release(second)).toBe(true)
  })

  test('cannot be given back twice, nor by its old name, nor when it came from elsewhere', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16 })
    const buffer = await acquire(pool)
    pool.release(buffer)
    expect(() => pool.release(buffer)).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    const again = await acquire(pool)
    const away = send(again)
    expect(() => pool.release(again)).toThrow(TypeError)
    pool.release(away)
    expect(() => pool.release(new ArrayBuffer(16))).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    expect(() => pool.release('x' as never)).toThrow(TypeError)
    expect(pool.metrics).toMatchObject({ size: 1, available: 1, released: 2 })
  })

  test('of another size is dropped and counted', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16 })
    send(await acquire(pool))
    expect(pool.release(new ArrayBuffer(8))).toBe(false)
    expect(pool.metrics).toMatchObject({ mismatched: 1, inFlight: 1, available: 0 })
  })
})

describe('when all buffers are out', () => {
  test('"skip" gives null', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16, capacity: 1, exhaustion: 'skip' })
    await acquire(pool)
    expect(await pool.acquire()).toBeNull()
    expect(pool.tryAcquire()).toBeNull()
    expect(pool.metrics).toMatchObject({ acquired: 1, exhausted: 2 })
  })

  test('"wait" serves in order of arrival', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16, capacity: 1 })
    const first = await acquire(pool)
    const order: string[] = []
    const [second, third] = ['second', 'third'].map((name) =>
      pool.acquire().then((buffer) => {
        order.push(name)
        return buffer
      }),
    )
    expect(pool.tryAcquire()).toBeNull()
    pool.release(first)
    expect(await second).toBe(first)
    expect(pool.tryAcquire()).toBeNull()
    pool.release(first)
    expect(await third).toBe(first)
    expect(order).toEqual(['second', 'third'])
    expect(pool.metrics).toMatchObject({ acquired: 3, reused: 2, allocations: 1 })
  })

  test('"allocate" makes more, and keeps no more than the capacity', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16, capacity: 1, exhaustion: 'allocate' })
    const [first, second] = [await acquire(pool), await acquire(pool)]
    expect(pool.metrics).toMatchObject({ size: 2, allocations: 2, exhausted: 1 })
    expect(pool.release(second)).toBe(false)
    expect(pool.release(first)).toBe(true)
    expect(pool.metrics).toMatchObject({ size: 1, available: 1, released: 2 })
  })
})

describe('time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('gives up buffers that do not come back, and serves who waits', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16, capacity: 1, reclaimAfter: 1000 })
    const away = send(await acquire(pool))
    const waiting = pool.acquire()
    await vi.advanceTimersByTimeAsync(999)
    expect(pool.metrics).toMatchObject({ lost: 0, inFlight: 1 })
    await vi.advanceTimersByTimeAsync(2)
    const next = await waiting
    expect(next?.byteLength).toBe(16)
    expect(pool.metrics).toMatchObject({ lost: 1, processing: 1, inFlight: 0, allocations: 2 })
    expect(pool.metrics.acquireTime.max).toBeGreaterThanOrEqual(1000)
    // The lost one comes back after all: there is no room for it any more.
    expect(pool.release(away)).toBe(false)
    expect(pool.metrics).toMatchObject({ late: 1, size: 1 })
  })

  test('does not give up what comes back in time', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16, reclaimAfter: 1000 })
    for (let turn = 0; turn < 10; turn++) {
      const away = send(await acquire(pool))
      await vi.advanceTimersByTimeAsync(600)
      expect(pool.release(away)).toBe(true)
    }
    expect(pool.metrics).toMatchObject({ lost: 0, allocations: 1, reused: 9 })
  })

  test('ends drain() also when a buffer is lost', async () => {
    const pool = new TransferableBufferPool({ byteLength: 16, reclaimAfter: 1000 })
    send(await acquire(pool))
    const drained = pool.drain()
    await vi.advanceTimersByTimeAsync(1001)
    await drained
    expect(pool.metrics).toMatchObject({ lost: 1, size: 0 })
  })
})

test('close() refuses what comes after it, and ends what waits', async () => {
  const pool = new TransferableBufferPool({ byteLength: 16, capacity: 1 })
  const buffer = await acquire(pool)
  const waiting = pool.acquire()
  const drained = pool.drain()
  pool.close()
  pool.close()
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  await drained
  await expect(pool.acquire()).rejects.toMatchObject({ name: 'InvalidStateError' })
  expect(() => pool.tryAcquire()).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  expect(pool.release(buffer)).toBe(false)
})

test('a pool that is not enabled makes a buffer each time', async () => {
  const pool = new TransferableBufferPool({ byteLength: 16, capacity: 1, enabled: false, preallocate: 1 })
  const [first, second] = [await acquire(pool), await acquire(pool)]
  expect(first).not.toBe(second)
  expect(pool.release(first)).toBe(false)
  expect(pool.metrics).toMatchObject({ allocations: 2, acquired: 2, hitRate: 0, size: 0 })
})

test('options are validated', () => {
  const make = (options: object) => () => new TransferableBufferPool(options as never)
  expect(make({})).toThrow(TypeError)
  for (const byteLength of [0, -1, 1.5, Number.NaN, '16', Number.POSITIVE_INFINITY]) {
    expect(make({ byteLength }), String(byteLength)).toThrow(TypeError)
  }
  expect(make({ byteLength: 1, capacity: 0 })).toThrow(TypeError)
  expect(make({ byteLength: 1, exhaustion: 'panic' })).toThrow(TypeError)
  expect(make({ byteLength: 1, capacity: 2, preallocate: 3 })).toThrow(RangeError)
  expect(new TransferableBufferPool({ byteLength: 4, capacity: 2, preallocate: 2 }).metrics).toMatchObject({
    available: 2,
    allocations: 2,
  })
})

describe('over a port', () => {
  /** A pool and a borrower, with a channel between them. */
  function pair() {
    const { port1, port2 } = new MessageChannel()
    const pool = new TransferableBufferPool({ byteLength: 16, capacity: 2 })
    const connection = pool.connect(port1)
    const remote = connectToPool(port2)
    return { pool, connection, remote, port1, port2, end: () => port1.close() }
  }

  test('buffers come home', async () => {
    const { pool, remote, end } = pair()
    for (let turn = 0; turn < 20; turn++) remote.release(send(await acquire(pool)))
    await pool.drain()
    expect(pool.metrics).toMatchObject({ acquired: 20, released: 20, inFlight: 0 })
    expect(pool.metrics.allocations).toBeLessThanOrEqual(2)
    end()
  })

  test('other messages, malformed ones and strangers do no harm', async () => {
    const { pool, remote, port2, end } = pair()
    for (const message of [null, 1, 'text', {}, { type: 'webcodecs-native/pool:return' }, { type: 'return' }]) {
      port2.postMessage(message)
    }
    port2.postMessage({ type: 'webcodecs-native/pool:return', buffer: 'no buffer' })
    port2.postMessage({ type: 'webcodecs-native/pool:return', buffer: new ArrayBuffer(16) })
    port2.postMessage({ type: 'webcodecs-native/pool:return', buffer: new ArrayBuffer(17) })
    await vi.waitFor(() => expect(pool.metrics).toMatchObject({ foreign: 1, mismatched: 1 }))
    remote.release(send(await acquire(pool)))
    await pool.drain()
    expect(pool.metrics).toMatchObject({ foreign: 1, mismatched: 1, released: 1, available: 1 })
    end()
  })

  test('the borrower hears of the end of the pool, and buffers after it go nowhere', async () => {
    const { pool, remote, port2, end } = pair()
    const away = send(await acquire(pool))
    pool.close()
    await new Promise((resolve) => port2.once('message', resolve))
    expect(remote.closed).toBe(true)
    remote.release(away)
    end()
  })

  test('a buffer cannot be sent home twice', async () => {
    const { pool, remote, end } = pair()
    const away = send(await acquire(pool))
    remote.release(away)
    expect(() => remote.release(away)).toThrow(TypeError)
    remote.close()
    expect(() => remote.release(new ArrayBuffer(16))).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    end()
  })

  test('what is not a port is refused', () => {
    const pool = new TransferableBufferPool({ byteLength: 16 })
    for (const port of [undefined, null, {}, { postMessage() {} }, 'port']) {
      expect(() => pool.connect(port as never)).toThrow(TypeError)
      expect(() => connectToPool(port as never)).toThrow(TypeError)
    }
  })
})

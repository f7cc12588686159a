/** The packages that a farm needs and one machine does not: optional peer dependencies, loaded on first use. */
import { FarmError } from '../errors.js'

async function load<T>(name: string, importing: () => Promise<T>): Promise<T> {
  try {
    return await importing()
  } catch (error) {
    throw new FarmError('not-installed', `a farm needs the package ${name}: npm install ${name}`, { cause: error })
  }
}

export type BullMq = typeof import('bullmq')

export const loadBullMq = (): Promise<BullMq> => load('bullmq', () => import('bullmq'))
export const loadRedis = (): Promise<typeof import('ioredis')> => load('ioredis', () => import('ioredis'))

export const loadBullBoard = () =>
  load('@bull-board/express', async () => {
    const [{ createBullBoard }, { BullMQAdapter }, { ExpressAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/express'),
    ])
    return { createBullBoard, BullMQAdapter, ExpressAdapter }
  })

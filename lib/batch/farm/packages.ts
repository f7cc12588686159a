/** The packages that a farm needs and one machine does not: optional peer dependencies, loaded on first use. */
import { FarmError, systemCode } from '../errors.js'

/** @param names as npm takes them */
async function load<T>(names: string, importing: () => Promise<T>): Promise<T> {
  try {
    return await importing()
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error
    const what = names.includes(' ') ? 'packages' : 'package'
    throw new FarmError(
      'not-installed',
      `this needs the ${what} ${names.replaceAll(' ', ' and ')}: npm install ${names}`,
      { cause: error },
    )
  }
}

export type BullMq = typeof import('bullmq')

export const loadBullMq = (): Promise<BullMq> => load('bullmq', () => import('bullmq'))
export const loadRedis = (): Promise<typeof import('ioredis')> => load('ioredis', () => import('ioredis'))

export const loadBullBoard = () =>
  load('@bull-board/api @bull-board/express', async () => {
    const [{ createBullBoard }, { BullMQAdapter }, { ExpressAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/express'),
    ])
    return { createBullBoard, BullMQAdapter, ExpressAdapter }
  })

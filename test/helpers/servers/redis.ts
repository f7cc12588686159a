import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, missingServer, programPath, type Server, startServer } from './process.js'

const program = programPath('redis-server') ?? programPath('valkey-server')

export const redisMissing = (): boolean => missingServer('redis-server', program !== null)

export interface Redis {
  readonly url: string
  readonly port: number
  /** Ends the server as an administrator would: what it has written to its append-only file stays. */
  stop(): Promise<void>
  /** Starts it again on the same port, from its append-only file. */
  start(): Promise<void>
  /** Ends it and removes its files. */
  remove(): Promise<void>
}

/** A Redis of a test's own, with an append-only file. */
export async function startRedis(): Promise<Redis> {
  const folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-redis-'))
  const port = await freePort()
  let server: Server | null = null
  const redis: Redis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      const persistence = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...persistence]
      server = await startServer(program!, args, { port, ready: /Ready to accept connections/ })
    },
    async stop() {
      await server?.stop()
      server = null
    },
    async remove() {
      await redis.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await redis.start()
  return redis
}

/** Bull Board on the farm's queue: what waits, what is at work, and why something failed. */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FarmError, messageOf } from '../errors.js'
import { loadBullBoard, loadBullMq } from './packages.js'
import { connect, DEFAULT_QUEUE, type QueueAddress } from './queue.js'

export interface DashboardOptions extends QueueAddress {
  /** Default 127.0.0.1: whoever reaches the page can remove jobs, and it asks for no password. */
  host?: string | undefined
  /** 0 for any that is free. Default 3000. */
  port?: number | undefined
}

export interface Dashboard {
  /** Address of the page. */
  readonly url: string
  close(): Promise<void>
}

/** @throws FarmError `not-installed` without @bull-board/express, `unavailable` when Redis or the port is not to be had */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { redis, queue: name = DEFAULT_QUEUE, host = '127.0.0.1', port = 3000 } = options
  const [{ Queue }, { createBullBoard, BullMQAdapter, ExpressAdapter }] = await Promise.all([
    loadBullMq(),
    loadBullBoard(),
  ])
  const connection = await connect(redis)
  const queue = new Queue(name, { connection })
  queue.on('error', () => {})
  const serverAdapter = new ExpressAdapter()
  createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter, options: { uiConfig: { boardTitle: name } } })
  // The router is an Express application, and as such a listener.
  const board = serverAdapter.getRouter() as RequestListener
  const server = createServer((request, response) => {
    if (isLoopback(host) && !isLoopback(hostOf(request.headers.host))) refuse(response)
    else board(request, response)
  })
  const close = async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
    await queue.close()
    connection.disconnect()
  }
  try {
    await listening(server, host, port)
  } catch (error) {
    await close()
    throw new FarmError('unavailable', `${host}:${port}: the dashboard cannot listen there (${messageOf(error)})`, {
      cause: error,
    })
  }
  const { port: actual } = server.address() as AddressInfo
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/`, close }
}

/** The name or address in a Host header, without its port. */
const hostOf = (header = ''): string => header.replace(/:\d+$/, '')

const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host)

/** Somebody's page has given its own name this machine's address, to reach what is meant for this machine alone. */
function refuse(response: ServerResponse): void {
  response.writeHead(403, { 'content-type': 'text/plain' })
  response.end('This dashboard is for its own machine: open it by its address.\n')
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
}

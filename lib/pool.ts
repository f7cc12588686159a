/** `webcodecs-native/pool`: ArrayBuffers that travel between threads and come back. */
export {
  type ExhaustionPolicy,
  type PoolConnection,
  TransferableBufferPool,
  type TransferableBufferPoolOptions,
} from './pool/buffer-pool.js'
export type { PoolMetrics } from './pool/pool-metrics.js'
export type { PortLike } from './pool/protocol.js'
export { connectToPool, type RemoteBufferPool } from './pool/remote-pool.js'

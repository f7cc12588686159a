/** The part of the contract with the addon that tells what lives and what was allocated. */

/** Figures of the pool that native code takes pixels, samples and packets from. */
export interface PoolStatistics {
  /** Buffers that were used before and served again, and buffers that had to be made: running totals. */
  hits: number
  misses: number
  /** Buffers and bytes handed out, and kept for reuse. */
  inUse: number
  inUseBytes: number
  idle: number
  idleBytes: number
  /** inUseBytes + idleBytes */
  bytes: number
  /** The most bytes that were in use at once, ever and in the last minute. */
  highWaterBytes: number
  recentHighWaterBytes: number
  /** Buffers that were given back to the system at once, because demand asked for no more, or others needed their room. */
  evictions: number
}

/** Live native objects of this process. All but `pool` return to zero when everything is closed. */
export interface NativeCounters {
  /** VideoFrame handles that JavaScript holds open. */
  frames: number
  /** Media resources alive, whoever holds them. */
  pictures: number
  /** AudioData handles that JavaScript holds open. */
  audioData: number
  /** Media resources of sound alive, whoever holds them. */
  audioBuffers: number
  /** Media resources on their way to another thread. */
  inFlight: number
  /** Encoded packets on their way through native code. */
  packets: number
  /** Pool buffers handed out, and their bytes. */
  buffers: number
  bytes: number
  /** Codec threads' objects, and image decoders, that are not yet torn down. */
  codecs: number
  /** Containers, streams and devices that are read, and those that are written, until they are closed. */
  inputs: number
  outputs: number
  /** Sources of `webcodecs-native/capture` with their ring buffers, whoever holds them, and readers that are open. */
  captureSources: number
  captureReaders: number
  /** Allocations of ring buffers for sound (a running total). */
  captureRings: number
  /** Bytes that media resources of pictures keep alive, whether of the pool, of a decoder or of JavaScript. */
  pictureBytes: number
  /** Bytes of encoded images that ImageDecoders hold. */
  imageBytes: number
  /** Entries evicted from `frame_info_` because no packet or frame ever claimed them (a running total). */
  evictedFrameInfo: number
  /** Times JavaScript was woken (a running total), and events delivered by those wakes. */
  wakes: number
  events: number
  pool: PoolStatistics
  /** Debug builds only. */
  frameInfoEntries?: number
  callbackData?: number
  encodeTasks?: number
}

export interface NativeVersions {
  avcodec: string
  avutil: string
  swscale: string
  libyuv: string
  /** Configuration line and licence of the FFmpeg that is linked. */
  configuration: string
  license: string
  debug: boolean
}

/** Tables are flat: row after row. Sources and sites are indices into `names`, kinds into ALLOCATION_KINDS. */
export interface NativeAllocationReport {
  /** Since tracking began. */
  milliseconds: number
  /** [source, site, kind, count, fresh, bytes, live, liveBytes, mostLive] */
  groups: number[]
  /** [source, site, kind, size, fresh, milliseconds] */
  live: number[]
  /** [source, site, kind, count, bytes] */
  forgotten: number[]
  names: string[]
}

export interface DiagnosticsBinding {
  versions(): NativeVersions
  counters(): NativeCounters

  /** Begins anew to note every allocation of the process, or ends it. */
  trackAllocations(enabled: boolean): void
  tracksAllocations(): boolean
  /** The number of a source or a stack in setAllocationContext(); 0 when there are too many names already. */
  nameForAllocations(name: string): number
  /** On whose behalf this thread allocates from here on, as does what it asks other threads to do. 0: nobody known. */
  setAllocationContext(source: number, site: number): void
  allocationReport(): NativeAllocationReport
}

import {
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathTarget,
  Mp4OutputFormat,
  Output,
} from 'mediabunny'
import { DemoError } from './options.mjs'

/** How many frames or chunks may wait in front of a codec or the file. */
const queueLimit = 8
/** Seconds between the key frames that the demo asks for, so that players can seek. */
const keyFrameInterval = 5

/** The frames' time in whole ticks of the input's clock, in which every timestamp is exact. */
class Clock {
  #ticksPerSecond
  #origin

  constructor({ ticksPerSecond, origin }) {
    // Microseconds tell ticks apart only while these are coarser.
    this.#ticksPerSecond = Math.min(ticksPerSecond, 500_000)
    this.#origin = Math.round(origin * this.#ticksPerSecond)
  }

  /** What the muxer counts in, if it can. */
  get ticksPerSecond() {
    return this.#ticksPerSecond
  }

  /** Seconds in the input -> microseconds in the output. */
  toMicroseconds(seconds) {
    return Math.round(((Math.round(seconds * this.#ticksPerSecond) - this.#origin) * 1e6) / this.#ticksPerSecond)
  }

  /** A length in seconds -> microseconds. */
  lengthToMicroseconds(seconds) {
    return Math.round((Math.round(seconds * this.#ticksPerSecond) * 1e6) / this.#ticksPerSecond)
  }

  /** Microseconds -> seconds, on a tick. */
  toSeconds(microseconds) {
    return Math.round((microseconds * this.#ticksPerSecond) / 1e6) / this.#ticksPerSecond
  }
}

/** Resolves when the codec holds fewer than `queueLimit` requests. */
async function untilReady(codec, sizeName) {
  while (codec.state === 'configured' && codec[sizeName] >= queueLimit) {
    await new Promise((resolve) => codec.addEventListener('dequeue', resolve, { once: true }))
  }
}

/** The frame without the last column and row of an odd size: H.264 pictures are even, and scaling would blur. */
function evenFrame(frame) {
  const { x, y, width, height } = frame.visibleRect
  return new VideoFrame(frame, { visibleRect: { x, y, width: width & ~1, height: height & ~1 } })
}

/** Copies the packets of one audio track, in step with the video. */
class AudioCopy {
  #packets
  #next
  #source
  #origin
  #meta

  static async create(track, output, { origin, startsLate }) {
    const codec = await track.getCodec()
    const decoderConfig = await track.getDecoderConfig()
    if (!codec || !decoderConfig || !output.format.getSupportedAudioCodecs().includes(codec)) return null
    const copy = new AudioCopy()
    const sink = new EncodedPacketSink(track)
    // Sound from before the first picture is left out only when pictures were left out, too.
    const first = startsLate ? await firstPacketFrom(sink, origin) : await sink.getFirstPacket()
    if (!first) return null
    copy.#packets = sink.packets(first)
    copy.#source = new EncodedAudioPacketSource(codec)
    copy.#origin = origin
    copy.#meta = { decoderConfig }
    output.addAudioTrack(copy.#source, {
      languageCode: await track.getLanguageCode(),
      disposition: await track.getDisposition(),
    })
    return copy
  }

  /** Writes the packets up to a time in the output, in seconds. */
  async writeUntil(end) {
    this.#next ??= await this.#packets.next()
    while (!this.#next.done && this.#next.value.timestamp - this.#origin <= end) {
      const packet = this.#next.value
      await this.#source.add(packet.clone({ timestamp: packet.timestamp - this.#origin }), this.#meta)
      this.#next = await this.#packets.next()
    }
  }
}

async function firstPacketFrom(sink, timestamp) {
  const packet = (await sink.getPacket(timestamp)) ?? (await sink.getFirstPacket())
  return packet && packet.timestamp < timestamp ? sink.getNextPacket(packet) : packet
}

/**
 * Decodes and encodes a video, and writes it with a copy of the audio.
 * @param {object} job
 * @param {import('./input.mjs').Source} job.source
 * @param {string} job.path of the output
 * @param {VideoEncoderConfig} job.encoderConfig
 * @param {import('mediabunny').VideoCodec} job.codec
 * @param {(frames: number, fraction: number) => void} job.onProgress
 */
export async function transcode({ source, path, encoderConfig, codec, onProgress }) {
  const clock = new Clock(source)
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: false }), target: new FilePathTarget(path) })
  const videoSource = new EncodedVideoPacketSource(codec)
  output.addVideoTrack(videoSource, {
    rotation: await source.video.getRotation(),
    flip: await source.video.getFlip(),
    languageCode: await source.video.getLanguageCode(),
    // The muxer derives the unit of the track's timestamps from it.
    frameRate: clock.ticksPerSecond,
  })
  const copies = []
  for (const track of source.audio) copies.push(await AudioCopy.create(track, output, source))
  const audio = copies.filter((copy) => copy !== null)

  const counts = { packets: 0, inputBytes: 0, frames: 0, bytes: 0 }
  let start = Number.POSITIVE_INFINITY
  let end = Number.NEGATIVE_INFINITY
  let codecString = encoderConfig.codec

  /** Rejects when a codec or the writing fails, so that whoever waits for one of them does not wait for ever. */
  let fail
  const failed = new Promise((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})
  const orFail = (promise) => Promise.race([promise, failed])

  let writing = Promise.resolve()
  let waitingChunks = 0
  const writeChunk = async (chunk, meta) => {
    const timestamp = clock.toSeconds(chunk.timestamp)
    const duration = clock.toSeconds(chunk.duration ?? 0)
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    for (const copy of audio) await copy.writeUntil(timestamp)
    await videoSource.add(new EncodedPacket(data, chunk.type, timestamp, duration), meta)
    waitingChunks--
    counts.frames++
    counts.bytes += data.length
    start = Math.min(start, timestamp)
    end = Math.max(end, timestamp + duration)
    onProgress(counts.frames, (end - start) / (source.end - source.firstPacket.timestamp))
  }

  const encoder = new VideoEncoder({
    output: (chunk, meta) => {
      codecString = meta?.decoderConfig?.codec ?? codecString
      waitingChunks++
      writing = writing.then(() => writeChunk(chunk, meta))
      writing.catch(fail)
    },
    error: (error) => fail(new DemoError(`encoding failed: ${error.message}`)),
  })
  encoder.configure(encoderConfig)

  let nextKeyFrame = Number.NEGATIVE_INFINITY
  const decoder = new VideoDecoder({
    output: (decoded) => {
      // Before 0 are pictures that only others need: an edit list keeps them from being shown.
      if (decoded.timestamp >= 0) {
        const keyFrame = decoded.timestamp >= nextKeyFrame
        if (keyFrame) nextKeyFrame = decoded.timestamp + keyFrameInterval * 1e6
        const frame = evenFrame(decoded)
        encoder.encode(frame, { keyFrame })
        frame.close()
      }
      decoded.close()
    },
    error: (error) => fail(new DemoError(`decoding failed: ${error.message}`)),
  })
  decoder.configure(source.decoderConfig)

  try {
    await output.start()
    for await (const packet of source.packets.packets(source.firstPacket)) {
      // Pictures that come after the first key frame but are shown before it need pictures that are not there.
      if (packet.timestamp < source.firstPacket.timestamp) continue
      await orFail(untilReady(decoder, 'decodeQueueSize'))
      await orFail(untilReady(encoder, 'encodeQueueSize'))
      if (waitingChunks >= queueLimit) await orFail(writing)
      decoder.decode(
        new EncodedVideoChunk({
          type: packet.type,
          timestamp: clock.toMicroseconds(packet.timestamp),
          duration: clock.lengthToMicroseconds(packet.duration),
          data: packet.data,
        }),
      )
      counts.packets++
      counts.inputBytes += packet.byteLength
    }
    if (!source.startsLate && counts.packets < source.packetCount) {
      throw new DemoError(`the input is truncated: it has ${counts.packets} of ${source.packetCount} pictures`)
    }
    await orFail(decoder.flush())
    await orFail(encoder.flush())
    await orFail(writing)
    if (counts.frames === 0) throw new DemoError('no picture of the input could be decoded')
    for (const copy of audio) await orFail(copy.writeUntil(Number.POSITIVE_INFINITY))
    await orFail(output.finalize())
  } catch (error) {
    await output.cancel().catch(() => {})
    throw error
  } finally {
    for (const codec of [decoder, encoder]) {
      if (codec.state !== 'closed') codec.close()
    }
  }
  return { ...counts, duration: end - start, codecString, audioTracks: audio.length }
}

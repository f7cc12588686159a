import { describe, expect, it } from 'vitest'
import type { AudioEncoderConfig, AudioSampleFormat } from '../../lib/index.js'
import { AudioDecoder, AudioEncoder } from '../../lib/index.js'
import { alignment, chirp, cut, decodeSound, encodeSound, tone } from '../helpers/audio-codecs.js'
import { audioData, SAMPLE_FORMATS } from '../helpers/sound.js'

const stereo = { sampleRate: 48000, numberOfChannels: 2 }

/** Samples of a format that have nothing regular. */
function noise(format: AudioSampleFormat, length: number, seed = 1): number[] {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state
  }
  const type = format.replace('-planar', '')
  return Array.from({ length }, () => {
    const bits = next()
    if (type === 'u8') return bits >>> 24
    if (type === 's16') return bits >> 16
    if (type === 's32') return bits & ~255
    return (bits >> 8) / 2 ** 23
  })
}

/** For codecs without loss, the formats that they keep exactly. */
const LOSSLESS: [codec: string, formats: AudioSampleFormat[]][] = [
  ['pcm-u8', ['u8', 'u8-planar']],
  ['pcm-s16', ['u8', 's16', 's16-planar']],
  ['pcm-s24', ['u8', 's16', 's16-planar', 's32', 's32-planar', 'f32', 'f32-planar']],
  ['pcm-s32', ['u8', 's16', 's32', 's32-planar', 'f32', 'f32-planar']],
  ['pcm-f32', ['u8', 's16', 's32', 'f32', 'f32-planar']],
  ['flac', ['u8', 'u8-planar', 's16', 's16-planar', 's32', 's32-planar', 'f32', 'f32-planar']],
]

describe('codecs without loss', () => {
  it.each(LOSSLESS.flatMap(([codec, formats]) => formats.map((format) => [codec, format] as const)))(
    '%s keeps every sample of %s in its place',
    async (codec, format) => {
      const channels = [noise(format, 10007, 1), noise(format, 10007, 2), noise(format, 10007, 3)]
      const data = cut(channels, { format, sampleRate: 44100, pieces: (index) => 1 + 997 * index, timestamp: -700 })
      const encoded = await encodeSound({ codec, sampleRate: 44100, numberOfChannels: 3 }, data)
      const decoded = await decodeSound(encoded.config, encoded.chunks, format)
      expect(decoded.channels).toEqual(channels)
      expect(decoded.sampleRate).toBe(44100)
      expect(decoded.timestamps).toEqual(encoded.chunks.map((chunk) => chunk.timestamp))
      expect(decoded.timestamps[0]).toBe(-700)
    },
  )

  it.each([
    ['alaw', 33],
    ['ulaw', 34],
  ] as const)('%s keeps the place of every sample, and gives its own samples back', async (codec, decibels) => {
    const channels = [chirp(1, 8000)]
    const config = { codec, sampleRate: 8000, numberOfChannels: 1 }
    const first = await encodeSound(config, cut(channels, { sampleRate: 8000 }))
    const once = await decodeSound(first.config, first.chunks, 's16')
    const second = await encodeSound(config, cut(once.channels, { format: 's16', sampleRate: 8000 }))
    const twice = await decodeSound(second.config, second.chunks, 's16')
    expect(twice.channels).toEqual(once.channels)
    const { delay, snr } = alignment(
      channels[0]!,
      once.channels[0]!.map((sample) => sample / 32768),
      { from: 2000, range: 50 },
    )
    expect(delay).toBe(0)
    expect(snr).toBeGreaterThan(decibels)
  })
})

/** Samples that a decoder gives before those of the input: the encoder's priming. Opus has its pre-skip removed. */
const LOSSY: [config: AudioEncoderConfig, delay: number, decibels: number][] = [
  [{ codec: 'opus', ...stereo, bitrate: 128000 }, 0, 20],
  [{ codec: 'opus', ...stereo, bitrate: 128000, opus: { application: 'lowdelay', frameDuration: 2500 } }, 0, 15],
  [{ codec: 'mp4a.40.2', ...stereo, bitrate: 192000 }, 1024, 20],
  [{ codec: 'mp4a.67', ...stereo, bitrate: 192000, aac: { format: 'adts' } }, 1024, 20],
  [{ codec: 'mp3', ...stereo, bitrate: 192000 }, 1105, 20],
  [{ codec: 'vorbis', ...stereo, bitrate: 192000 }, 0, 15],
]

describe('codecs with loss', () => {
  it.each(LOSSY)('%o has a constant delay, and nothing of the input is lost', async (config, delay, decibels) => {
    const channels = [chirp(1, 48000), chirp(1, 48000, 1)]
    const { chunks, config: decoderConfig } = await encodeSound(config, cut(channels, { timestamp: 12345 }))
    const decoded = await decodeSound(decoderConfig, chunks)
    decoded.channels.forEach((samples, channel) => {
      const early = alignment(channels[channel]!, samples, { from: 4000 })
      const late = alignment(channels[channel]!, samples, { from: 43000 })
      expect(early.delay).toBe(delay)
      expect(late.delay).toBe(delay)
      expect(Math.min(early.snr, late.snr)).toBeGreaterThan(decibels)
    })
    expect(chunks[0]!.timestamp).toBe(12345)
    expect(decoded.channels[0]!.length).toBeGreaterThanOrEqual(48000 + delay)
    const frame = chunks[Math.floor(chunks.length / 2)]!.duration! * 0.048
    expect(decoded.channels[0]!.length).toBeLessThan(48000 + delay + frame + 1)
  })

  it('lets what Opus decodes to begin where the input does', async () => {
    const { chunks, config } = await encodeSound({ codec: 'opus', ...stereo }, cut([chirp(1, 48000), chirp(1, 48000)]))
    const decoded = await decodeSound(config, chunks)
    expect(decoded.frames.slice(0, 3)).toEqual([648, 960, 960])
    expect(decoded.timestamps.slice(0, 3)).toEqual([0, 13500, 33500])
    expect(new Set(decoded.formats)).toEqual(new Set(['f32']))
  })

  it('decodes packets of Opus without a description', async () => {
    for (const numberOfChannels of [1, 2, 6]) {
      const channels = Array.from({ length: numberOfChannels }, (_, channel) => tone(1, 48000, 300 + 100 * channel))
      const encoded = await encodeSound({ codec: 'opus', sampleRate: 48000, numberOfChannels }, cut(channels))
      const decoded = await decodeSound({ codec: 'opus', sampleRate: 48000, numberOfChannels }, encoded.chunks)
      expect(decoded.channels).toHaveLength(numberOfChannels)
      expect(decoded.timestamps).toEqual(encoded.chunks.map(({ timestamp }) => timestamp))
      expect(decoded.channels[0]!.length).toBe(encoded.chunks.length * 960)
    }
  })
})

describe('channels', () => {
  /** The loudest frequency of those that the channels have. */
  const loudest = (samples: readonly number[], count: number, sampleRate: number): number => {
    const part = samples.slice(sampleRate / 2, sampleRate / 2 + 4800)
    const power = Array.from({ length: count }, (_, index) => {
      let [re, im] = [0, 0]
      part.forEach((sample, frame) => {
        const angle = (2 * Math.PI * frequencyOf(index) * frame) / sampleRate
        re += sample * Math.cos(angle)
        im += sample * Math.sin(angle)
      })
      return re * re + im * im
    })
    return power.indexOf(Math.max(...power))
  }
  // The fourth of six and eight is for low frequencies only.
  const frequencyOf = (channel: number): number => (channel === 3 ? 60 : 300 + 100 * channel)

  it.each(
    ['opus', 'mp4a.40.2', 'vorbis', 'flac', 'pcm-s16', 'alaw'].flatMap((codec) =>
      [3, 4, 5, 6, 8].map((count) => [codec, count] as const),
    ),
  )('of %s are in order when there are %i', async (codec, numberOfChannels) => {
    const channels = Array.from({ length: numberOfChannels }, (_, channel) => tone(0.8, 48000, frequencyOf(channel)))
    const { chunks, config } = await encodeSound({ codec, sampleRate: 48000, numberOfChannels }, cut(channels))
    const decoded = await decodeSound(config, chunks)
    expect(decoded.channels.map((samples) => loudest(samples, numberOfChannels, 48000))).toEqual(
      channels.map((_, i) => i),
    )
  })

  it('are mixed where the codec has fewer', async () => {
    const channels = Array.from({ length: 6 }, (_, channel) =>
      tone(0.8, 48000, frequencyOf(channel), channel === 4 ? 0.5 : 0),
    )
    const { chunks, config } = await encodeSound(
      { codec: 'mp3', sampleRate: 48000, numberOfChannels: 6 },
      cut(channels),
    )
    const decoded = await decodeSound(config, chunks)
    const level = (samples: readonly number[]) => Math.max(...samples.slice(20000, 30000))
    // What is behind on the left is heard on the left.
    expect(decoded.channels).toHaveLength(2)
    expect(level(decoded.channels[0]!)).toBeGreaterThan(0.1)
    expect(level(decoded.channels[1]!)).toBeLessThan(0.02)
  })
})

describe('rates', () => {
  it.each([
    ['opus', 44100, 48000],
    ['opus', 3000, 48000],
    ['mp4a.40.2', 3000, 7350],
    ['mp4a.40.2', 192000, 96000],
    ['mp3', 96000, 48000],
    ['vorbis', 4000, 8000],
    ['vorbis', 192000, 192000],
    ['flac', 192000, 192000],
    ['pcm-s16', 3000, 3000],
  ])('%s takes sound at %i Hz', async (codec, sampleRate, decodedRate) => {
    const hertz = 400
    const seconds = 1
    const data = cut([tone(seconds, sampleRate, hertz)], { sampleRate })
    const { chunks, config } = await encodeSound({ codec, sampleRate, numberOfChannels: 1 }, data)
    expect(config.sampleRate).toBe(sampleRate)
    const decoded = await decodeSound(config, chunks)
    expect(decoded.sampleRate).toBe(decodedRate)
    const middle = decoded.channels[0]!.slice(decodedRate * 0.4, decodedRate * 0.8)
    const rises = middle.filter((sample, index) => sample >= 0 && (middle[index - 1] ?? 0) < 0).length
    expect(Math.abs(rises - hertz * 0.4)).toBeLessThanOrEqual(1)
    const duration = chunks.reduce((sum, chunk) => sum + chunk.duration!, 0) / 1e6
    expect(duration).toBeGreaterThanOrEqual(seconds)
    expect(duration).toBeLessThan(seconds + 0.6)
  })
})

describe('input', () => {
  it('may change its format with every piece', async () => {
    const values = tone(0.8, 48000, 440, 0.5)
    const scale = {
      u8: (x: number) => Math.round(128 + x * 127),
      s16: (x: number) => Math.round(x * 32767),
      s32: (x: number) => Math.round(x * 2 ** 31),
      f32: (x: number) => x,
    }
    function* pieces() {
      for (let index = 0; index < 8; index++) {
        const format = SAMPLE_FORMATS[index]!
        const convert = scale[format.replace('-planar', '') as keyof typeof scale]
        const samples = values.slice(index * 4800, index * 4800 + 4800).map(convert)
        yield audioData(format, [samples, samples], { timestamp: index * 100000 })
      }
    }
    for (const codec of ['opus', 'flac', 'pcm-f32']) {
      const { chunks, config } = await encodeSound({ codec, ...stereo }, pieces())
      const decoded = await decodeSound(config, chunks)
      const { delay, snr } = alignment(values, decoded.channels[1]!, { from: 9000, length: 20000, range: 40 })
      expect(delay).toBe(0)
      // One of the formats has eight bits.
      expect(snr).toBeGreaterThan(30)
    }
  })

  it.each([
    ['rate', { sampleRate: 44100 }],
    ['number of channels', { numberOfChannels: 1 }],
  ])('of another %s than configured closes the encoder with an EncodingError', async (_, changes) => {
    const config = { codec: 'opus', ...stereo, ...changes }
    const data = cut([tone(0.1, 48000, 440), tone(0.1, 48000, 440)])
    await expect(encodeSound(config, data)).rejects.toMatchObject({ name: 'EncodingError' })
  })
})

describe('timestamps', () => {
  const silence = (frames: number, timestamp: number, sampleRate = 44100) =>
    audioData('s16', [new Array(frames).fill(0)], { sampleRate, timestamp })
  const timesOf = async (config: AudioEncoderConfig, data: Iterable<ReturnType<typeof silence>>) =>
    (await encodeSound(config, data)).chunks.map((chunk) => [chunk.timestamp, chunk.duration])
  const mono = (codec: string) => ({ codec, sampleRate: 44100, numberOfChannels: 1 })

  it('come from the first input and a count of samples, and durations add up', async () => {
    const data = Array.from({ length: 50 }, (_, index) =>
      silence(1000, 5000 + Math.round((index * 1e9) / 44100) + (index % 2 ? 900 : -900) * (index === 0 ? 0 : 1)),
    )
    const times = await timesOf(mono('mp4a.40.2'), data)
    times.forEach(([timestamp, duration], index) => {
      expect(timestamp).toBe(5000 + Math.round((index * 1024 * 1e6) / 44100))
      expect(duration).toBe(Math.round(((index + 1) * 1024 * 1e6) / 44100) - Math.round((index * 1024 * 1e6) / 44100))
    })
    expect(times.length).toBe(Math.ceil((50000 + 1024) / 1024))
  })

  it('begin anew at the next packet when the input jumps by more than a frame', async () => {
    const times = await timesOf(mono('mp4a.40.2'), [silence(1500, 0), silence(3000, 1_000_000)])
    const afterJump = (position: number) => 1_000_000 + Math.round(((position - 1500) * 1e6) / 44100)
    expect(times.map(([timestamp]) => timestamp)).toEqual([0, 23220, ...[2048, 3072, 4096, 5120].map(afterJump)])
  })

  it('of codecs without frames are those of the input', async () => {
    const times = await timesOf(mono('pcm-s16'), [silence(441, 0), silence(882, 10_000), silence(441, 500_000)])
    expect(times).toEqual([
      [0, 10_000],
      [10_000, 20_000],
      [500_000, 10_000],
    ])
  })

  it('never repeat, even when the stream is flushed in between', async () => {
    for (const codec of ['opus', 'mp4a.40.2', 'mp3', 'flac', 'vorbis']) {
      const chunks: number[] = []
      const encoder = new AudioEncoder({
        output: (chunk) => chunks.push(chunk.timestamp),
        error: (error) => expect.fail(String(error)),
      })
      encoder.configure({ codec, sampleRate: 48000, numberOfChannels: 1 })
      for (let index = 0; index < 4; index++) {
        const data = silence(9600, index * 200_000, 48000)
        encoder.encode(data)
        data.close()
        await encoder.flush()
      }
      encoder.close()
      expect(chunks.every((timestamp, index) => index === 0 || timestamp > chunks[index - 1]!)).toBe(true)
    }
  })
})

describe('metadata', () => {
  it('come with the first chunk after configure(), and not again after a flush', async () => {
    const configured: boolean[] = []
    const encoder = new AudioEncoder({
      output: (_, { decoderConfig }) => configured.push(decoderConfig !== undefined),
      error: (error) => expect.fail(String(error)),
    })
    const run = async () => {
      for (const data of cut([tone(0.06, 48000, 440)])) {
        encoder.encode(data)
        data.close()
      }
      await encoder.flush()
    }
    const config = { codec: 'opus', sampleRate: 48000, numberOfChannels: 1 }
    encoder.configure(config)
    await run()
    await run()
    encoder.configure({ ...config, bitrate: 64000 })
    await run()
    encoder.close()
    expect(configured).toEqual([true, false, false, false, false, false, false, false, true, false, false, false])
  })
})

describe('an empty chunk', () => {
  it.each(['opus', 'vorbis', 'flac', 'mp3', 'mp4a.40.2', 'pcm-s16'])('is no error for %s', async (codec) => {
    const { EncodedAudioChunk } = await import('../../lib/index.js')
    const encoded = await encodeSound({ codec, ...stereo }, cut([tone(0.2, 48000, 440), tone(0.2, 48000, 440)]))
    const empty = new EncodedAudioChunk({ type: 'key', timestamp: 200_000, data: new Uint8Array() })
    const whole = await decodeSound(encoded.config, encoded.chunks)
    const decoded = await decodeSound(encoded.config, [...encoded.chunks, empty])
    expect(decoded.channels).toEqual(whole.channels)
  })
})

describe('AudioDecoder', () => {
  it('demands a key chunk after configure() and flush()', async () => {
    const { EncodedAudioChunk } = await import('../../lib/index.js')
    const decoder = new AudioDecoder({ output: (data) => data.close(), error: (error) => expect.fail(String(error)) })
    decoder.configure({ codec: 'pcm-u8', sampleRate: 8000, numberOfChannels: 1 })
    const chunk = (type: 'key' | 'delta') => new EncodedAudioChunk({ type, timestamp: 0, data: new Uint8Array(80) })
    const dataError = expect.objectContaining({ name: 'DataError' })
    expect(() => decoder.decode(chunk('delta'))).toThrow(dataError)
    decoder.decode(chunk('key'))
    decoder.decode(chunk('delta'))
    await decoder.flush()
    expect(() => decoder.decode(chunk('delta'))).toThrow(dataError)
    decoder.close()
  })
})

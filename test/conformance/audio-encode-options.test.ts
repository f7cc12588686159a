import { describe, expect, it } from 'vitest'
import {
  AudioEncoder,
  type AudioEncoderConfig,
  type EncodedAudioChunk,
  type FlacEncoderConfig,
  type OpusEncoderConfig,
} from '../../lib/index.js'
import { cut, decodeSound, encodeSound, tone } from '../helpers/audio-codecs.js'
import { ffmpeg } from '../helpers/media.js'

const bytesOf = (chunk: EncodedAudioChunk): Uint8Array => {
  const bytes = new Uint8Array(chunk.byteLength)
  chunk.copyTo(bytes)
  return bytes
}

const sizeOf = (chunks: readonly EncodedAudioChunk[]): number =>
  chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)

/** Something like speech: a voiced tone with overtones that comes and goes. */
const babble = Array.from({ length: 96000 }, (_, frame) => {
  const time = frame / 48000
  const voice = [1, 2, 3, 4, 5, 6, 7, 8].reduce((sum, n) => sum + Math.sin(2 * Math.PI * 140 * n * time + n) / n, 0)
  return 0.2 * voice * Math.max(0, Math.sin(2 * Math.PI * 3 * time))
})

describe('options of Opus', () => {
  const encode = async (opus: OpusEncoderConfig, changes: Partial<AudioEncoderConfig> = {}, sound = babble) => {
    const config = { codec: 'opus', sampleRate: 48000, numberOfChannels: 1, bitrate: 24000, opus, ...changes }
    return (await encodeSound(config, cut([sound]))).chunks
  }
  /** The configuration number in the first byte of a packet (RFC 6716, section 3.1). */
  const configurations = (chunks: readonly EncodedAudioChunk[]) => chunks.map((chunk) => bytesOf(chunk)[0]! >> 3)
  const share = (numbers: readonly number[], test: (number: number) => boolean) =>
    numbers.filter(test).length / numbers.length
  const isCelt = (configuration: number) => configuration >= 16

  it.each([
    [2500, 0],
    [5000, 1],
    [10000, 2],
    [20000, 3],
  ])('frameDuration %i is the duration of every chunk and packet', async (frameDuration, size) => {
    const chunks = await encode({ frameDuration, application: 'lowdelay' })
    expect(new Set(chunks.map((chunk) => chunk.duration))).toEqual(new Set([frameDuration]))
    expect(new Set(configurations(chunks).map((number) => number % 4))).toEqual(new Set([size]))
  })

  it.each([40000, 60000])('frameDuration %i is the duration of every chunk', async (frameDuration) => {
    const chunks = await encode({ frameDuration, application: 'voip' })
    expect(new Set(chunks.map((chunk) => chunk.duration))).toEqual(new Set([frameDuration]))
    expect(chunks.length).toBe(Math.ceil((96000 + 312) / (frameDuration * 0.048)))
  })

  it('application decides between speech and everything, and the delay', async () => {
    expect(share(configurations(await encode({ application: 'voip' })), isCelt)).toBeLessThan(0.5)
    expect(share(configurations(await encode({ application: 'lowdelay' })), isCelt)).toBe(1)
    const { config } = await encodeSound(
      { codec: 'opus', sampleRate: 48000, numberOfChannels: 1, opus: { application: 'lowdelay' } },
      cut([babble]),
    )
    expect(new DataView(config.description!).getUint16(10, true)).toBe(120)
  })

  it('signal decides how the same sound is coded', async () => {
    const options = { bitrate: 32000 }
    const music = share(configurations(await encode({ signal: 'music' }, options)), isCelt)
    const voice = share(configurations(await encode({ signal: 'voice' }, options)), isCelt)
    expect(music).toBeGreaterThan(voice)
  })

  it('complexity changes the packets', async () => {
    const [lowest, highest] = [await encode({ complexity: 0 }), await encode({ complexity: 10 })]
    expect(lowest.map(bytesOf)).not.toEqual(highest.map(bytesOf))
    expect((await encode({ complexity: 9 })).map(bytesOf)).toEqual((await encode({})).map(bytesOf))
  })

  it('useinbandfec with packetlossperc takes bits for the packet before', async () => {
    const speech = { application: 'voip', signal: 'voice' } as const
    const plain = await encode({ ...speech, packetlossperc: 30 })
    const protectedly = await encode({ ...speech, packetlossperc: 30, useinbandfec: true })
    const withoutLoss = await encode({ ...speech, useinbandfec: true })
    // In SILK the flag is the second bit of mono packets' data (RFC 6716, section 4.2.3).
    const hasRedundancy = (chunk: EncodedAudioChunk) =>
      bytesOf(chunk)[0]! >> 3 < 12 && (bytesOf(chunk)[1]! & 0x40) !== 0
    expect(protectedly.some(hasRedundancy)).toBe(true)
    expect(plain.some(hasRedundancy)).toBe(false)
    expect(withoutLoss.some(hasRedundancy)).toBe(false)
  })

  it('usedtx makes next to nothing of silence', async () => {
    const silence = babble.map((sample, frame) => (frame < 24000 ? sample : 0))
    const speech = { application: 'voip', signal: 'voice' } as const
    const tiny = (chunks: readonly EncodedAudioChunk[]) => chunks.filter((chunk) => chunk.byteLength <= 2).length
    expect(tiny(await encode({ ...speech, usedtx: true }, {}, silence))).toBeGreaterThan(20)
    expect(tiny(await encode(speech, {}, silence))).toBe(0)
  })

  it('format is either, with the same packets and the same header', async () => {
    const config = { codec: 'opus', sampleRate: 48000, numberOfChannels: 1 }
    const plain = await encodeSound({ ...config, opus: { format: 'opus' } }, cut([babble]))
    const ogg = await encodeSound({ ...config, opus: { format: 'ogg' } }, cut([babble]))
    expect(ogg.config).toEqual(plain.config)
    expect(Buffer.from(plain.config.description!).toString('latin1', 0, 8)).toBe('OpusHead')
    expect(ogg.chunks.map(bytesOf)).toEqual(plain.chunks.map(bytesOf))
  })
})

describe('bitrate', () => {
  const noise = (() => {
    let state = 1
    return Array.from({ length: 192000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      return (state / 2 ** 31) * 0.3
    })
  })()

  it.each([
    ['opus', 'variable', 48000],
    ['opus', 'constant', 48000],
    ['opus', 'constant', 160000],
    ['mp4a.40.2', 'variable', 96000],
    ['mp4a.40.2', 'constant', 192000],
    ['mp3', 'variable', 100000],
    ['mp3', 'constant', 128000],
    ['mp3', 'constant', 320000],
    ['vorbis', 'variable', 128000],
    ['vorbis', 'constant', 128000],
  ] as const)('of %s, %s, is what is asked for: %i', async (codec, bitrateMode, bitrate) => {
    const config = { codec, bitrateMode, bitrate, sampleRate: 48000, numberOfChannels: 2 }
    const { chunks } = await encodeSound(config, cut([noise, noise.toReversed()]))
    const seconds = chunks.reduce((sum, chunk) => sum + chunk.duration!, 0) / 1e6
    const ratio = (sizeOf(chunks) * 8) / seconds / bitrate
    expect(ratio).toBeGreaterThan(0.8)
    expect(ratio).toBeLessThan(1.2)
    const sizes = new Set(chunks.map((chunk) => chunk.byteLength))
    if (bitrateMode === 'constant' && (codec === 'opus' || codec === 'mp3')) expect(sizes.size).toBe(1)
  })

  it.each([
    { codec: 'opus', bitrate: 1 },
    { codec: 'opus', bitrate: 600000 },
    { codec: 'mp4a.40.2', bitrate: 2000000 },
    { codec: 'mp3', bitrate: 100000, bitrateMode: 'constant' },
    { codec: 'mp3', bitrate: 400000 },
    { codec: 'vorbis', bitrate: 2000000 },
    { codec: 'flac', bitrateMode: 'constant' },
    { codec: 'opus', bitrate: 0 },
    { codec: 'opus', numberOfChannels: 9 },
    { codec: 'opus', sampleRate: 192001 },
    { codec: 'mp4a.40.5' },
    { codec: 'mp4a.40.29' },
    { codec: 'mp4a.40.42' },
    { codec: 'ac-3' },
    { codec: 'Opus' },
    { codec: 'pcm-s8' },
  ] as const)('or the rest of %o is not supported', async (changes) => {
    const config = { sampleRate: 48000, numberOfChannels: 2, ...changes }
    expect((await AudioEncoder.isConfigSupported(config)).supported).toBe(false)
    await expect(encodeSound(config, cut([[0], [0]]))).rejects.toMatchObject({ name: 'NotSupportedError' })
  })
})

describe('options of FLAC', () => {
  const encode = (flac: FlacEncoderConfig) =>
    encodeSound({ codec: 'flac', sampleRate: 48000, numberOfChannels: 1, flac }, cut([babble]))

  it('blockSize is the size of every block but the last', async () => {
    const { chunks, config } = await encode({ blockSize: 1000 })
    const decoded = await decodeSound(config, chunks)
    expect(decoded.frames).toEqual(new Array(96).fill(1000))
    expect(new DataView(config.description!).getUint16(8)).toBe(1000)
  })

  it('compressLevel trades size', async () => {
    const [least, most] = [
      sizeOf((await encode({ compressLevel: 0 })).chunks),
      sizeOf((await encode({ compressLevel: 8 })).chunks),
    ]
    expect(most).toBeLessThan(least * 0.97)
  })

  it('has a description that FLAC files begin with', async () => {
    const { chunks, config } = await encode({})
    const file = Buffer.concat([Buffer.from(config.description!), ...chunks.map(bytesOf)])
    const { stdout } = await ffmpeg(['-f', 'flac', '-i', 'pipe:0', '-f', 'f32le', 'pipe:1'], file)
    expect(stdout.length).toBe(babble.length * 4)
  })
})

describe('options of AAC', () => {
  it.each([
    ['mp4a.40.2', 0],
    ['mp4a.67', 1],
  ] as const)('adts has a header that ffmpeg reads, of the MPEG version of %s', async (codec, id) => {
    const channels = Array.from({ length: 6 }, (_, channel) => tone(0.5, 44100, 300 + 100 * channel))
    const config = { codec, sampleRate: 44100, numberOfChannels: 6, aac: { format: 'adts' } } as const
    const encoded = await encodeSound(config, cut(channels, { sampleRate: 44100, pieces: () => 4410 }))
    expect(encoded.config.description).toBeUndefined()
    expect((bytesOf(encoded.chunks[0]!)[1]! >> 3) & 1).toBe(id)
    const file = Buffer.concat(encoded.chunks.map(bytesOf))
    const { stdout } = await ffmpeg(['-f', 'aac', '-i', 'pipe:0', '-f', 'f32le', 'pipe:1'], file)
    expect(stdout.length).toBe(encoded.chunks.length * 1024 * 6 * 4)
    const decoded = await decodeSound(encoded.config, encoded.chunks)
    const reference = new Float32Array(stdout.buffer, stdout.byteOffset, stdout.length / 4)
    expect(decoded.channels[2]!.slice(5000, 5100)).toEqual(
      Array.from({ length: 100 }, (_, index) => reference[(5000 + index) * 6 + 2]),
    )
  })

  it('aac has an AudioSpecificConfig of AAC-LC', async () => {
    const { config } = await encodeSound(
      { codec: 'mp4a.40.02', sampleRate: 44100, numberOfChannels: 2 },
      cut([tone(0.2, 44100, 440), tone(0.2, 44100, 440)], { sampleRate: 44100 }),
    )
    const [first, second] = new Uint8Array(config.description!)
    expect(first! >> 3).toBe(2)
    expect(((first! & 7) << 1) | (second! >> 7)).toBe(4)
    expect((second! >> 3) & 15).toBe(2)
  })
})

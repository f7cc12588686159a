import { describe, expect, it } from 'vitest'
import { planAudioDecoder, planAudioEncoder } from '../../lib/config/audio-codecs.js'
import { readAudioDecoderConfig, requireValidAudioDecoderConfig } from '../../lib/config/audio-decoder-config.js'
import { readAudioEncoderConfig, requireValidAudioEncoderConfig } from '../../lib/config/audio-encoder-config.js'

const stereo = { sampleRate: 48000, numberOfChannels: 2 }

const encoderConfig = (changes: object) => {
  const config = readAudioEncoderConfig({ codec: 'opus', ...stereo, ...changes }, '')
  requireValidAudioEncoderConfig(config)
  return config
}

const decoderConfig = (changes: object) => {
  const config = readAudioDecoderConfig({ codec: 'opus', ...stereo, ...changes }, '')
  requireValidAudioDecoderConfig(config)
  return config
}

describe('an AudioEncoderConfig', () => {
  it('has the defaults of the specification and the registrations', () => {
    expect(encoderConfig({ opus: {}, flac: {}, aac: {}, more: 1 })).toEqual({
      codec: 'opus',
      ...stereo,
      bitrateMode: 'variable',
      aac: { format: 'aac' },
      flac: { blockSize: 0, compressLevel: 5 },
      opus: {
        application: 'audio',
        complexity: 9,
        format: 'opus',
        frameDuration: 20000,
        packetlossperc: 0,
        signal: 'auto',
        usedtx: false,
        useinbandfec: false,
      },
    })
    expect(encoderConfig({})).toEqual({ codec: 'opus', ...stereo, bitrateMode: 'variable' })
  })

  it.each([
    { codec: ' ' },
    { sampleRate: 0 },
    { sampleRate: 100 },
    { sampleRate: 1e6 },
    { numberOfChannels: 0 },
    { numberOfChannels: 100 },
    { bitrate: 6e9 },
    { bitrate: -1 },
    { bitrateMode: 'quantizer' },
    { aac: { format: 'latm' } },
    { opus: { format: 'webm' } },
    { opus: { frameDuration: 0 } },
    { opus: { frameDuration: 30000 } },
    { opus: { frameDuration: 120000 } },
    { opus: { complexity: 11 } },
    { opus: { packetlossperc: 101 } },
    { opus: { signal: 'noise' } },
    { opus: { application: 'radio' } },
    { flac: { blockSize: 15 } },
    { flac: { blockSize: 65536 } },
    { flac: { compressLevel: 9 } },
    // Of another codec, and wrong all the same.
    { codec: 'mp3', flac: { compressLevel: 9 } },
  ])('is not valid with %o', (changes) => {
    expect(() => encoderConfig(changes)).toThrow(TypeError)
  })
})

const notSupported = expect.objectContaining({ name: 'NotSupportedError' })

describe('codec strings', () => {
  it.each(['mp4a.40.2', 'mp4a.40.02', 'mp4a.67', 'opus', 'mp3', 'mp4a.69', 'mp4a.6B', 'flac', 'vorbis'])(
    'include %s',
    (codec) => expect(planAudioEncoder(encoderConfig({ codec })).config.sampleRate).toBe(48000),
  )

  it.each(['mp4a.40.5', 'mp4a.40.05', 'mp4a.40.29', 'ac-3', 'ec-3'])('include %s for decoders alone', (codec) => {
    expect(() => planAudioEncoder(encoderConfig({ codec }))).toThrow(notSupported)
    expect(planAudioDecoder(decoderConfig({ codec })).config.preSkip).toBe(0)
  })

  it.each(['mp4a', 'mp4a.40', 'mp4a.40.1', 'mp4a.40.42', 'mp4a.66', 'mp4a.6b', 'MP3', 'pcm', 'pcm-s8', 'vp8', 'opus '])(
    'do not include "%s"',
    (codec) => {
      expect(() => planAudioEncoder(encoderConfig({ codec }))).toThrow(notSupported)
      expect(() => planAudioDecoder(decoderConfig({ codec }))).toThrow(notSupported)
    },
  )
})

describe('descriptions', () => {
  const opusHead = Buffer.from('4f707573486561640102380180bb0000000000', 'hex')
  const flac = Buffer.concat([Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, 34]), Buffer.alloc(34, 1), Buffer.alloc(9)])

  it('of Opus tell the pre-skip, and are made where there is none', () => {
    expect(planAudioDecoder(decoderConfig({ description: opusHead })).config.preSkip).toBe(312)
    const made = planAudioDecoder(decoderConfig({ numberOfChannels: 6 })).config
    expect(made.preSkip).toBe(0)
    expect([...made.description!.subarray(18)]).toEqual([1, 4, 2, 0, 4, 1, 2, 3, 5])
  })

  it('of FLAC are cut to STREAMINFO', () => {
    const { config } = planAudioDecoder(decoderConfig({ codec: 'flac', description: flac }))
    expect(config.description).toEqual(new Uint8Array(34).fill(1))
  })

  it.each([
    { codec: 'flac' },
    { codec: 'flac', description: flac.subarray(4) },
    { codec: 'flac', description: flac.subarray(0, 41) },
    { codec: 'vorbis' },
    { codec: 'opus', description: opusHead.subarray(0, 18) },
    { codec: 'opus', description: new Uint8Array(30) },
    { codec: 'opus', numberOfChannels: 9 },
    { codec: 'pcm-s16', numberOfChannels: 0 },
    { codec: 'ulaw', sampleRate: 0 },
  ])('and the like of %o are not supported', (changes) => {
    expect(() => planAudioDecoder(decoderConfig(changes))).toThrow(notSupported)
  })

  it('that are detached make a configuration invalid', () => {
    const description = new ArrayBuffer(4)
    structuredClone(description, { transfer: [description] })
    expect(() => decoderConfig({ description })).toThrow(TypeError)
  })
})

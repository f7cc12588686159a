import { createHash } from 'node:crypto'
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from 'mediabunny'
import { describe, expect, it } from 'vitest'
import { baseConfig, bytesOf, decodeAll, encodeAll, makeFrames, toBytes } from '../helpers/codecs.js'
import {
  isSlice,
  NalType,
  nalType,
  parseAvcC,
  parseSps,
  parseStream,
  splitAnnexB,
  splitLengthPrefixed,
  usesCabac,
} from '../helpers/h264.js'
import { ffmpeg } from '../helpers/media.js'

const profiles = [
  { name: 'Constrained Baseline', codec: 'avc1.42e01e', profile: 66, level: 30 },
  { name: 'Baseline', codec: 'avc1.42001f', profile: 66, level: 31 },
  { name: 'Main', codec: 'avc1.4d0028', profile: 77, level: 40 },
  { name: 'High', codec: 'avc1.640033', profile: 100, level: 51 },
]

describe.each(profiles)('$name ($codec)', ({ codec, profile, level }) => {
  it.each(['realtime', 'quality'] as const)(
    'is the profile and level of the stream in %s mode',
    async (latencyMode) => {
      const { stream } = await encodeAll({ ...baseConfig, codec, latencyMode }, makeFrames(8))
      const { sps } = parseStream(stream)
      expect({ profile: sps.profile, level: sps.level }).toEqual({ profile, level })
    },
  )

  it('is what decoderConfig names', async () => {
    const { config } = await encodeAll({ ...baseConfig, codec }, makeFrames(2))
    expect(config.codec).toBe(codec)
  })
})

describe('Constrained Baseline', () => {
  it('sets the constraint flags of the codec string', async () => {
    const { stream } = await encodeAll({ ...baseConfig, codec: 'avc1.42e01e' }, makeFrames(2))
    expect(parseStream(stream).sps.constraints & 0xe0).toBe(0xe0)
  })
})

describe.each(['realtime', 'quality'] as const)('Baseline in %s mode', (latencyMode) => {
  it('has no CABAC', async () => {
    const { stream } = await encodeAll({ ...baseConfig, latencyMode }, makeFrames(30))
    expect(parseStream(stream).pps.map(usesCabac)).not.toContain(true)
  })

  it('has no B-frames', async () => {
    const { stream } = await encodeAll({ ...baseConfig, latencyMode }, makeFrames(30))
    expect(parseStream(stream).sliceTypes).not.toContain('B')
  })
})

describe('a level', () => {
  it('bounds the reference frames: 1280x720 at level 3.1 has room for five', async () => {
    const config = { ...baseConfig, codec: 'avc1.64001f', width: 1280, height: 720, latencyMode: 'quality' as const }
    const { stream } = await encodeAll(config, makeFrames(6, { codedWidth: 1280, codedHeight: 720 }))
    expect(parseStream(stream).sps.maxReferenceFrames).toBeLessThanOrEqual(5)
  })
})

describe("avc: { format: 'avc' }", () => {
  it('is the default', async () => {
    const { config } = await encodeAll(baseConfig, makeFrames(2))
    expect(config.description).toBeDefined()
  })

  it('gives a description with the parameter sets of the codec string', async () => {
    const { config } = await encodeAll({ ...baseConfig, codec: 'avc1.64001f', avc: { format: 'avc' } }, makeFrames(2))
    const avcC = parseAvcC(toBytes(config.description!))
    expect({ profile: avcC.profile, level: avcC.level, sps: avcC.sps.length, pps: avcC.pps.length }).toEqual({
      profile: 100,
      level: 31,
      sps: 1,
      pps: 1,
    })
    expect(parseSps(avcC.sps[0]!)).toMatchObject({ width: 320, height: 240 })
  })

  it('gives chunks of length-prefixed NAL units', async () => {
    const { chunks, config } = await encodeAll({ ...baseConfig, avc: { format: 'avc' } }, makeFrames(5))
    const { lengthSize } = parseAvcC(toBytes(config.description!))
    const types = chunks.map((chunk) => splitLengthPrefixed(bytesOf(chunk), lengthSize).map(nalType))
    expect(types.map((units) => units.filter((type) => type === NalType.idr || type === NalType.slice)[0])).toEqual([
      5, 1, 1, 1, 1,
    ])
  })

  it('leaves the parameter sets to the description', async () => {
    const { chunks, config } = await encodeAll({ ...baseConfig, avc: { format: 'avc' } }, makeFrames(5))
    const { lengthSize } = parseAvcC(toBytes(config.description!))
    const types = new Set(chunks.flatMap((chunk) => splitLengthPrefixed(bytesOf(chunk), lengthSize).map(nalType)))
    expect(types.has(NalType.sps) || types.has(NalType.pps)).toBe(false)
  })

  it('gives decoderConfig with the first chunk only, while nothing changes', async () => {
    const { metadata } = await encodeAll(baseConfig, makeFrames(20), (index) => ({ keyFrame: index === 10 }))
    expect(metadata.map((data) => data?.decoderConfig !== undefined)).toEqual([true, ...Array(19).fill(false)])
  })

  it('gives decoderConfig with the coded and the display size', async () => {
    const { config } = await encodeAll({ ...baseConfig, displayWidth: 640, displayHeight: 240 }, makeFrames(2))
    expect(config).toMatchObject({
      codedWidth: 320,
      codedHeight: 240,
      displayAspectWidth: 640,
      displayAspectHeight: 240,
    })
  })

  it.each(['realtime', 'quality'] as const)(
    'is muxed to an MP4 that ffmpeg decodes without a word (%s)',
    async (latencyMode) => {
      const { chunks, metadata } = await encodeAll({ ...baseConfig, codec: 'avc1.64001f', latencyMode }, makeFrames(40))
      const output = new Output({ format: new Mp4OutputFormat(), target: new BufferTarget() })
      const source = new EncodedVideoPacketSource('avc')
      output.addVideoTrack(source)
      await output.start()
      for (const [index, chunk] of chunks.entries()) {
        const packet = new EncodedPacket(bytesOf(chunk), chunk.type, chunk.timestamp / 1e6, 1 / 30)
        await source.add(packet, metadata[index] as never)
      }
      await output.finalize()
      const { stdout, stderr } = await ffmpeg(
        ['-f', 'mp4', '-i', 'pipe:0', '-f', 'framemd5', 'pipe:1'],
        new Uint8Array(output.target.buffer!),
      )
      expect(stderr).toBe('')
      expect(
        stdout
          .toString()
          .split('\n')
          .filter((line) => /^0,/.test(line)),
      ).toHaveLength(40)
    },
  )
})

describe('avc3', () => {
  it('gives chunks that our decoder takes with their decoderConfig', async () => {
    const { chunks, config } = await encodeAll({ ...baseConfig, codec: 'avc3.64001f' }, makeFrames(10), (index) => ({
      keyFrame: index === 5,
    }))
    const timestamps = await decodeAll(config, chunks, ({ timestamp }) => timestamp)
    expect(config.codec).toBe('avc3.64001f')
    expect(timestamps).toEqual(chunks.map(({ timestamp }) => timestamp))
  })
})

describe("avc: { format: 'annexb' }", () => {
  it('gives no description', async () => {
    const { config } = await encodeAll({ ...baseConfig, avc: { format: 'annexb' } }, makeFrames(2))
    expect(config.description).toBeUndefined()
  })

  it('gives the parameter sets with each key chunk', async () => {
    const { chunks } = await encodeAll({ ...baseConfig, avc: { format: 'annexb' } }, makeFrames(20), (index) => ({
      keyFrame: index === 10,
    }))
    const keys = chunks.filter((chunk) => chunk.type === 'key').map((chunk) => splitAnnexB(bytesOf(chunk)).map(nalType))
    expect(keys.map((types) => [types.includes(NalType.sps), types.includes(NalType.pps)])).toEqual([
      [true, true],
      [true, true],
    ])
  })

  it('begins each chunk with a start code', async () => {
    const { chunks } = await encodeAll({ ...baseConfig, avc: { format: 'annexb' } }, makeFrames(5))
    const starts = chunks.map((chunk) => Buffer.from(bytesOf(chunk)).toString('hex', 0, 4))
    expect(starts.every((start) => start === '00000001' || start.startsWith('000001'))).toBe(true)
  })

  it('encodes the same slices as the other format', async () => {
    const config = { ...baseConfig, bitrateMode: 'quantizer' as const }
    const annexb = await encodeAll({ ...config, avc: { format: 'annexb' } }, makeFrames(10))
    const avc = await encodeAll({ ...config, avc: { format: 'avc' } }, makeFrames(10))
    expect(sliceDigests(annexb.stream)).toEqual(sliceDigests(avc.stream))
  })
})

function sliceDigests(stream: Uint8Array): string[] {
  return splitAnnexB(stream)
    .filter(isSlice)
    .map((unit) => createHash('md5').update(unit).digest('hex'))
}

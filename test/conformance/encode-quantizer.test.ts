import { describe, expect, it } from 'vitest'
import { baseConfig, encodeAll, makeFrames } from '../helpers/codecs.js'
import { elementaryStream } from '../helpers/elementary-stream.js'
import { ffmpeg, macroblockQuantizers } from '../helpers/media.js'
import { i420Picture } from '../helpers/pictures.js'
import { random } from '../helpers/random.js'
import { traceHeaders } from '../helpers/trace-headers.js'

/** A quantizer for each frame that jumps up and down. */
const quantizerOf = (index: number) => [30, 20, 44, 12, 51, 28, 35, 24][index % 8]!

describe.each(['realtime', 'quality'] as const)('bitrateMode: quantizer in %s mode', (latencyMode) => {
  describe.each(['avc1.42001f', 'avc1.64001f'])('%s', (codec) => {
    const config = { ...baseConfig, codec, latencyMode, bitrateMode: 'quantizer' as const }

    it('gives every macroblock of each picture the quantizer of its frame', async () => {
      const { stream } = await encodeAll(config, makeFrames(48), (index) => ({
        avc: { quantizer: quantizerOf(index) },
      }))
      const distinct = (await macroblockQuantizers(stream)).map((quantizers) => [...new Set(quantizers)])
      expect(distinct).toEqual(Array.from({ length: 48 }, (_, index) => [quantizerOf(index)]))
    })

    it('keeps to it with key frames in between', async () => {
      const { stream } = await encodeAll(config, makeFrames(24), (index) => ({
        keyFrame: index % 5 === 0,
        avc: { quantizer: quantizerOf(index + 3) },
      }))
      const distinct = (await macroblockQuantizers(stream)).map((quantizers) => [...new Set(quantizers)])
      expect(distinct).toEqual(Array.from({ length: 24 }, (_, index) => [quantizerOf(index + 3)]))
    })
  })
})

describe('bitrateMode: quantizer', () => {
  it('encodes frames that come without a quantizer', async () => {
    const { chunks } = await encodeAll({ ...baseConfig, bitrateMode: 'quantizer' }, makeFrames(10))
    expect(chunks).toHaveLength(10)
  })

  it.each([0, 51])('takes the limit %i', async (quantizer) => {
    const { stream } = await encodeAll(
      { ...baseConfig, codec: 'avc1.64001f', bitrateMode: 'quantizer' },
      makeFrames(4),
      () => ({ avc: { quantizer } }),
    )
    const quantizers = new Set((await macroblockQuantizers(stream)).flat())
    expect([...quantizers]).toEqual([quantizer])
  })
})

/** Bytes of each picture of the moving scene as a key frame of x265 with this quantizer. */
async function keyFrameSizes(quantizer: number, count: number, preset: string): Promise<number[]> {
  const pictures = Buffer.concat(Array.from({ length: count }, (_, index) => i420Picture(320, 240, index)))
  const params = `log-level=none:info=0:keyint=1:qp=${quantizer}:ipratio=1:repeat-headers=0`
  const from = ['-f', 'rawvideo', '-s', '320x240', '-r', '30', '-i', 'pipe:0']
  const to = ['-c:v', 'libx265', '-preset', preset, '-x265-params', params, '-f', 'framecrc', 'pipe:1']
  const { stdout } = await ffmpeg([...from, '-flags', '+global_header', ...to], pictures)
  return stdout
    .toString()
    .split('\n')
    .filter((line) => /^0,/.test(line))
    .map((line) => Number(line.split(',')[4]))
}

describe.each([
  { latencyMode: 'realtime', preset: 'ultrafast' },
  { latencyMode: 'quality', preset: 'medium' },
] as const)('the quantizer of HEVC in $latencyMode mode', ({ latencyMode, preset }) => {
  it('makes key frames of a size between those of one more and of one less', async () => {
    const quantizers = [28, 12, 40, 20]
    const config = { ...baseConfig, codec: 'hvc1.1.6.L93.B0', latencyMode, bitrateMode: 'quantizer' as const }
    const { chunks } = await encodeAll(config, makeFrames(quantizers.length), (index) => ({
      keyFrame: true,
      hevc: { quantizer: quantizers[index]! },
    }))
    const sizes = chunks.map(({ byteLength }) => byteLength)
    const sizesWith = (change: number) =>
      Promise.all(
        quantizers.map(async (quantizer, index) => (await keyFrameSizes(quantizer + change, 4, preset))[index]!),
      )
    const [smallest, largest] = await Promise.all([sizesWith(1), sizesWith(-1)])
    const outside = sizes.filter((size, index) => size < smallest[index]! || size > largest[index]!)
    expect({ sizes, smallest, largest, outside }).toMatchObject({ outside: [] })
  })
})

describe.each([
  { codec: 'vp09.00.31.08', family: 'vp9', latencyMode: 'realtime' },
  { codec: 'vp09.00.31.08', family: 'vp9', latencyMode: 'quality' },
  { codec: 'vp09.02.31.10', family: 'vp9', latencyMode: 'realtime' },
  { codec: 'av01.0.05M.08', family: 'av1', latencyMode: 'realtime' },
  { codec: 'av01.0.05M.08', family: 'av1', latencyMode: 'quality' },
  { codec: 'av01.0.05M.10', family: 'av1', latencyMode: 'realtime' },
  { codec: 'av01.0.05M.08', family: 'av1', latencyMode: 'realtime', scalabilityMode: 'L1T3' },
  { codec: 'vp09.00.31.08', family: 'vp9', latencyMode: 'realtime', scalabilityMode: 'L1T3' },
] as const)('the quantizer of $family ($codec, $latencyMode)', ({ codec, family, latencyMode, ...layers }) => {
  /** Jumps up and down. */
  const pick = random(7)
  const indices = Array.from({ length: 80 }, () => pick(256))
  /** Between 0 and 255, the libraries have one for each fourth. */
  const stepOfLibrary = 4

  it("is the quantizer index of the picture's header, to the nearest that the library has", async () => {
    const config = { ...baseConfig, codec, latencyMode, bitrateMode: 'quantizer' as const, ...layers }
    const { chunks } = await encodeAll(config, makeFrames(indices.length), (index) => ({
      keyFrame: index === 13,
      [family]: { quantizer: indices[index]! },
    }))
    const packets = await traceHeaders(elementaryStream(family, chunks), ['base_q_idx'])
    const used = packets.map((packet) => packet['base_q_idx']!)
    expect(differences(indices, used).filter((difference) => difference > stepOfLibrary)).toEqual([])
  })
})

function differences(asked: readonly number[], used: readonly number[]): number[] {
  expect(used).toHaveLength(asked.length)
  return asked.map((quantizer, index) => Math.abs(quantizer - used[index]!))
}

// Every input format at sizes that no vector width divides, with rectangles and scaling: memory around the planes must
// stay untouched (a sanitizer sees it), and each frame gives its chunk.
import { layoutOf, pixelFormats } from '../../helpers/pictures.js'
import { assert, assertNothingLives, encoderConfig, makeEncoder, timestampOf, VideoFrame } from './support.mjs'

const sizes = [
  [320, 240],
  [321, 241],
  [17, 9],
  [33, 95],
  [1, 1],
  [2, 3],
]
const spaces = [
  undefined,
  { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: true },
  { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m', fullRange: false },
]

/** Exactly as many bytes as the frame needs, so that a read past them is seen. */
function makeFrame(format, [codedWidth, codedHeight], index, extra) {
  const data = Uint8Array.from(
    { length: layoutOf(format, codedWidth, codedHeight).size },
    (_, i) => (i * 13 + index) & 255,
  )
  return new VideoFrame(data, { format, codedWidth, codedHeight, timestamp: timestampOf(index), ...extra })
}

for (const latencyMode of ['realtime', 'quality']) {
  const { encoder, chunks, errors } = makeEncoder({ ...encoderConfig, width: 162, height: 98, latencyMode })
  let count = 0
  for (const format of pixelFormats) {
    for (const size of sizes) {
      for (const colorSpace of spaces) {
        const frame = makeFrame(format, size, count++, colorSpace && { colorSpace })
        encoder.encode(frame)
        frame.close()
      }
    }
    // The same size as the encoder's, from the middle of a larger picture.
    const visibleRect = { x: 34, y: 22, width: 162, height: 98 }
    const frame = makeFrame(format, [200, 140], count++, { visibleRect })
    encoder.encode(frame)
    frame.close()
    await encoder.flush()
  }
  assert.deepEqual(errors, [])
  assert.equal(chunks.length, count)
  encoder.close()
}
await assertNothingLives()

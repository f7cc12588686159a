// copyTo() of every format with random rectangles, layouts and targets into buffers of exactly the size it asked for,
// short and long ones: nothing outside the rows of the layout may change.
import { layoutOf, pixelFormats } from '../../helpers/pictures.js'
import { assert, assertNothingLives, VideoFrame } from './support.mjs'

const targets = [undefined, 'RGBA', 'RGBX', 'BGRA', 'BGRX']
const guard = 0x5a

let state = 12345
function pick(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return (state >>> 8) % limit
}

function makeFrame(format, codedWidth, codedHeight) {
  const data = Uint8Array.from({ length: layoutOf(format, codedWidth, codedHeight).size }, (_, i) => (i * 7) & 255)
  return new VideoFrame(data, { format, codedWidth, codedHeight, timestamp: 0 })
}

/** A rectangle whose corner lies on a chroma sample. */
function pickRect(width, height) {
  const x = pick(width >> 1) & ~1
  const y = pick(height >> 1) & ~1
  return { x, y, width: 1 + pick(width - x), height: 1 + pick(height - y) }
}

async function copy(frame, options) {
  const size = frame.allocationSize(options)
  const buffer = new Uint8Array(size + 64).fill(guard)
  await frame.copyTo(buffer.subarray(32, 32 + size), options)
  for (let i = 0; i < 32; i++) {
    assert.equal(buffer[i], guard)
    assert.equal(buffer[32 + size + i], guard)
  }
}

for (const format of pixelFormats) {
  for (const [width, height] of [
    [64, 48],
    [37, 23],
    [2, 2],
    [1920, 1080],
  ]) {
    const frame = makeFrame(format, width, height)
    for (const target of targets) {
      const options = target ? { format: target } : {}
      await copy(frame, options)
      const rounds = width > 1000 ? 2 : 12
      for (let round = 0; round < rounds && width > 2; round++) {
        const rect = pickRect(width, height)
        await copy(frame, { ...options, rect })
        if (target)
          await copy(frame, { ...options, rect, layout: [{ offset: pick(50), stride: rect.width * 4 + pick(70) }] })
      }
    }
    frame.close()
  }
}
await assertNothingLives()

// Prints the milliseconds that ImageDecoder takes to decode a file: image-program.mjs <path> <MIME type> <repeats>. The
// median of decodings one after the other, each with a decoder of its own, from bytes in memory to a VideoFrame.
import { readFileSync } from 'node:fs'
import { ImageDecoder } from '../dist/index.js'

const [path, type, repeats] = process.argv.slice(2)
const data = readFileSync(path)
const times = []
for (let round = 0; round <= Number(repeats); round++) {
  const start = performance.now()
  const decoder = new ImageDecoder({ data, type })
  const { image } = await decoder.decode()
  times.push(performance.now() - start)
  image.close()
  decoder.close()
}
// The first loads the library.
const warm = times.slice(1).sort((a, b) => a - b)
console.log(JSON.stringify({ milliseconds: warm[warm.length >> 1] }))

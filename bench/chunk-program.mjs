// Prints, in microseconds, what `new EncodedVideoChunk()` of 1 kB costs: the median of the means of 1000 calls each.
import { EncodedVideoChunk } from '../dist/index.js'

const data = new Uint8Array(1000).fill(7)
const calls = 1000
const means = []
let last
for (let round = 0; round < 200; round++) {
  const start = performance.now()
  for (let i = 0; i < calls; i++) last = new EncodedVideoChunk({ type: 'delta', timestamp: i, duration: 33, data })
  means.push(((performance.now() - start) * 1000) / calls)
}
if (last.byteLength !== 1000) throw new Error('not a chunk')
// The first quarter warms up.
console.log(JSON.stringify({ construct: means.slice(50).sort((a, b) => a - b)[75] }))

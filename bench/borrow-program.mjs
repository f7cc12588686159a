// Prints, in microseconds, what it costs to get at the memory of a frame and of audio data: copied, and borrowed.
import { AudioData, VideoFrame } from '../dist/index.js'
import { borrowPlanes } from '../dist/zero-copy.js'

const [width, height] = [1920, 1080]
const rounds = 300
const pixels = new Uint8Array((width * height * 3) / 2).fill(1)
const samples = new Float32Array(960).fill(0.5)
const copies = { frame: new Uint8Array(pixels.length), audio: new Float32Array(samples.length) }

const times = { copyFrame: [], borrowFrame: [], copyAudio: [], borrowAudio: [] }

async function time(name, media, work) {
  const start = performance.now()
  await work(media)
  times[name].push((performance.now() - start) * 1000)
  media.close()
}

const frame = () => new VideoFrame(pixels, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: 0 })
const audio = () => {
  const shape = { format: 'f32', sampleRate: 48_000, numberOfFrames: 480, numberOfChannels: 2 }
  return new AudioData({ ...shape, timestamp: 0, data: samples })
}

for (let round = 0; round < rounds; round++) {
  await time('copyFrame', frame(), (media) => media.copyTo(copies.frame))
  await time('borrowFrame', frame(), (media) => borrowPlanes(media))
  await time('copyAudio', audio(), (media) => media.copyTo(copies.audio, { planeIndex: 0 }))
  await time('borrowAudio', audio(), (media) => borrowPlanes(media))
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
// The first quarter warms up.
const entries = Object.entries(times).map(([name, all]) => [name, median(all.slice(all.length >> 2))])
console.log(JSON.stringify(Object.fromEntries(entries)))

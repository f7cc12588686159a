// Prints what each getter of a VideoFrame costs, in nanoseconds.
import { VideoFrame } from '../dist/index.js'

const names = [
  'format',
  'codedWidth',
  'codedHeight',
  'displayWidth',
  'displayHeight',
  'timestamp',
  'duration',
  'rotation',
  'flip',
  'codedRect',
  'visibleRect',
]
const calls = 5_000_000
const frames = Array.from(
  { length: 16 },
  (_, index) =>
    new VideoFrame(new Uint8Array(384), {
      format: 'I420',
      codedWidth: 16,
      codedHeight: 16,
      timestamp: index,
      duration: index,
    }),
)

/** A loop of its own for each getter, so that each call site sees one property only. */
function loopFor(name) {
  return new Function(
    'frames',
    'calls',
    `let last; for (let i = 0; i < calls; i++) last = frames[i & 15].${name}; return last`,
  )
}

function nanoseconds(name) {
  const loop = loopFor(name)
  loop(frames, calls)
  const start = performance.now()
  loop(frames, calls)
  return ((performance.now() - start) * 1e6) / calls
}

console.log(JSON.stringify(Object.fromEntries(names.map((name) => [name, nanoseconds(name)]))))
for (const frame of frames) frame.close()

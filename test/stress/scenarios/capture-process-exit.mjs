// The process exits while sources are captured and followed.
import { CaptureBuffers } from '../../../dist/capture.js'

const buffer = CaptureBuffers.allocateIfNeeded('lavfi:sine[out0];testsrc2=size=160x120[out1]')
let count = 0
for await (const media of buffer.openReader().follow()) {
  media.close()
  if (++count === 20) process.exit(7)
}

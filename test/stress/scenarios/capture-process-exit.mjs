// The process exits while sources are captured and followed.
import { CaptureBuffers } from '../../../dist/capture.js'
import { captureClip } from '../../helpers/capture-clip.mjs'

const buffer = CaptureBuffers.allocateIfNeeded(captureClip())
let count = 0
for await (const media of buffer.openReader().follow()) {
  media.close()
  if (++count === 20) process.exit(7)
}

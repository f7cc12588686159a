// Sources that nobody removes, readers that nobody closes, and an iteration that nobody ends: the process ends by itself.
import { CaptureBuffers } from '../../../dist/capture.js'
import { captureClip } from '../../helpers/capture-clip.mjs'

const buffer = CaptureBuffers.allocateIfNeeded(captureClip(), { seconds: 2 })
CaptureBuffers.allocateIfNeeded('http://127.0.0.1:1/', { reconnect: { attempts: Infinity } })
const reader = buffer.openReader()
const iterator = reader.follow()
const { value } = await iterator.next()
value.close()
globalThis.kept = iterator

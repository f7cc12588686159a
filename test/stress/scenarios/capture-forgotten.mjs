// Sources that nobody removes, readers that nobody closes, and an iteration that nobody ends: the process ends by itself.
import { CaptureBuffers } from '../../../dist/capture.js'

const buffer = CaptureBuffers.allocateIfNeeded('lavfi:sine[out0];testsrc2=size=160x120[out1]', { seconds: 2 })
CaptureBuffers.allocateIfNeeded('http://127.0.0.1:1/', { reconnect: { attempts: Infinity } })
const reader = buffer.openReader()
const iterator = reader.follow()
const { value } = await iterator.next()
value.close()
globalThis.kept = iterator

/** Compiled, not run: what ports and workers take once `webcodecs-native/worker` is imported. */
import type { MessagePort, Worker } from 'node:worker_threads'
import type { AudioData, VideoFrame } from '../../lib/index.js'
import type {} from '../../lib/worker.js'

export function transfer(port: MessagePort, worker: Worker, frame: VideoFrame, sound: AudioData, data: ArrayBuffer) {
  port.postMessage({ frame, sound }, [frame, sound, data])
  worker.postMessage(frame, [frame])
}

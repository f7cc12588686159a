// What the scenarios about containers share: a small file, made by ffmpeg.
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'

const source = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25:duration=2']
const tone = ['-f', 'lavfi', '-i', 'sine=duration=2']

/** @returns {Uint8Array<ArrayBuffer>} two seconds of H.264 and AAC, in a format that is written from the beginning to the end */
export function makeContainer(format = 'mpegts') {
  const codecs = ['-c:v', 'libx264', '-bf', '2', '-g', '10', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  const args = ['-v', 'error', ...source, ...tone, ...codecs, '-f', format, 'pipe:1']
  // What ffmpeg loads is not ours to check.
  const env = { ...process.env, LD_PRELOAD: '' }
  return new Uint8Array(execFileSync('ffmpeg', args, { env, maxBuffer: 1 << 26 }))
}

/** A server on a free port that takes connections and never says anything. */
export async function silentServer() {
  const sockets = new Set()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/x.ts`,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

// What ffmpeg makes of the very same chunks, damaged or not.
import { spawn } from 'node:child_process'
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from 'mediabunny'
import { ivf } from '../helpers/ivf.js'

/** The decoders that are used here too. */
const decoders = { h264: 'h264', hevc: 'hevc', vp8: 'vp8', vp9: 'vp9', av1: 'libdav1d' }

/** In MP4 chunks stay as they are, and so does the description. */
async function mp4(family, decoderConfig, chunks) {
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: false }), target: new BufferTarget() })
  const source = new EncodedVideoPacketSource(family === 'h264' ? 'avc' : 'hevc')
  output.addVideoTrack(source)
  await output.start()
  for (const { data, type, timestamp } of chunks) {
    await source.add(new EncodedPacket(data, type, timestamp / 1e6, 1 / 30), { decoderConfig })
  }
  await output.finalize()
  return new Uint8Array(output.target.buffer)
}

/**
 * @param {'h264' | 'hevc' | 'vp8' | 'vp9' | 'av1'} family
 * @returns {Promise<{ frames: number, hasFailed: boolean }>} how many frames it decodes, and whether its decoder ever
 *   gave an error; the command goes on after that
 */
export async function decodeByFfmpeg(family, decoderConfig, chunks) {
  const isMp4 = decoderConfig.description !== undefined
  const data = isMp4
    ? await mp4(family, decoderConfig, chunks)
    : ivf(
        family,
        chunks.map((chunk) => chunk.data),
      )
  const input = ['-threads', '1', '-c:v', decoders[family], '-f', isMp4 ? 'mp4' : 'ivf', '-i', 'pipe:0']
  // A sanitizer's library would slow ffmpeg down, and find its leaks.
  const { LD_PRELOAD, ...env } = process.env
  return new Promise((resolve, reject) => {
    const output = ['-fps_mode', 'passthrough', '-f', 'framecrc', 'pipe:1']
    const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', ...input, ...output], { env })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
    child.on('error', reject)
    child.stdin.on('error', () => {})
    child.stdin.end(data)
    child.on('close', () => {
      resolve({ frames: stdout.match(/^0,/gm)?.length ?? 0, hasFailed: stderr.includes('Error while decoding') })
    })
  })
}

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('rtsp-server.py', import.meta.url))
/** Debian's own, for which its packages are made, whatever stands before it in the path. */
const python = '/usr/bin/python3'

const needs = [
  'import gi',
  'gi.require_version("Gst", "1.0")',
  'gi.require_version("GstRtspServer", "1.0")',
  'from gi.repository import Gst, GstRtspServer',
  'Gst.init(None)',
  'names = ["videotestsrc", "x264enc", "rtph264pay", "audiotestsrc", "rtpL16pay", "rtpbin"]',
  'raise SystemExit(any(not Gst.ElementFactory.find(name) for name in names))',
]

/** Whether this machine has GStreamer's RTSP server and what the script needs of its plug-ins. */
export const hasRtspServer = spawnSync(python, ['-c', needs.join('\n')]).status === 0

export interface RtspServer {
  readonly url: string
  readonly port: number
  /** Ends it without a word to its clients. */
  kill(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

const running = new Set<ChildProcessWithoutNullStreams>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a server of a bouncing ball and a tone of 440 Hz, in a process of its own. */
export async function startRtspServer(parts: 'both' | 'video' | 'audio' = 'both', port = 0): Promise<RtspServer> {
  const actual = port || (await freePort())
  const child = spawn(python, [script, String(actual), parts])
  running.add(child)
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  child.on('close', () => running.delete(child))
  const ready = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => line),
    once(child, 'close').then(() => `ended: ${complaints}`),
  ])
  if (ready !== 'ready') throw new Error(`the RTSP server ${ready}`)
  return {
    port: actual,
    url: `rtsp://127.0.0.1:${actual}/live`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
    },
  }
}

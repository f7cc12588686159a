// An HTTP server on loopback that sends a tone as an endless WAV file, at the speed at which it plays.
import { createServer } from 'node:http'

export const SAMPLE_RATE = 48_000
const PIECE = SAMPLE_RATE / 50

/** A header of s16 mono without a known length. */
function header() {
  const bytes = Buffer.alloc(44)
  bytes.write('RIFF\xff\xff\xff\xffWAVEfmt ', 0, 'latin1')
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(SAMPLE_RATE, 24)
  bytes.writeUInt32LE(SAMPLE_RATE * 2, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data\xff\xff\xff\xff', 36, 'latin1')
  return bytes
}

/** Sample number `index` of the tone, -1 to 1: a half at most. */
export const toneAt = (index) => Math.round(16_384 * Math.sin((2 * Math.PI * 440 * index) / SAMPLE_RATE)) / 32_768

function piece(from) {
  const bytes = Buffer.alloc(PIECE * 2)
  for (let index = 0; index < PIECE; index++) bytes.writeInt16LE(toneAt(from + index) * 32_768, index * 2)
  return bytes
}

/**
 * @param {{ port?: number }} [options]
 * @returns {Promise<{ port: number, url: string, connections: number, breakOff(): void, close(): Promise<void> }>}
 *   `breakOff` destroys the connections that there are.
 */
export async function serveTone({ port = 0 } = {}) {
  const responses = new Set()
  const served = { connections: 0 }
  const server = createServer((request, response) => {
    if (request.url !== '/tone.wav') {
      response.writeHead(404).end()
      return
    }
    served.connections++
    responses.add(response)
    // Without a length and not in chunks: as servers of live streams do it.
    response.useChunkedEncodingByDefault = false
    response.shouldKeepAlive = false
    response.writeHead(200, { 'content-type': 'audio/wav', connection: 'close' })
    response.write(header())
    const begin = performance.now()
    let sent = 0
    const timer = setInterval(() => {
      for (; sent / SAMPLE_RATE <= (performance.now() - begin) / 1000; sent += PIECE) response.write(piece(sent))
    }, 20)
    response.on('close', () => {
      clearInterval(timer)
      responses.delete(response)
    })
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  return Object.assign(served, {
    port: address.port,
    url: `http://127.0.0.1:${address.port}/tone.wav`,
    breakOff() {
      for (const response of responses) response.destroy()
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const response of responses) response.destroy()
      await closed
    },
  })
}

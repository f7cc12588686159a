// A process of its own with its own environment, for tests of hardware codecs: what it finds out is printed as JSON.
import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { VideoDecoder, VideoEncoder, VideoFrame } from '../../dist/index.js'
import { i420Picture } from './pictures.js'

const size = { width: 320, height: 240 }
const decoderPart = ({ codec, hardwareAcceleration }) => ({ codec, hardwareAcceleration })

/** @returns what isConfigSupported() says of the encoder and the decoder, and how long it took at most */
async function ask(config) {
  const begin = performance.now()
  const encode = (await VideoEncoder.isConfigSupported({ ...size, ...config })).supported
  const middle = performance.now()
  const decode = (await VideoDecoder.isConfigSupported(decoderPart(config))).supported
  return { encode, decode, milliseconds: Math.max(middle - begin, performance.now() - middle) }
}

/** The longest time for which the event loop stood still until `promise` settled. */
async function watchLoop(promise) {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  const value = await promise
  clearInterval(timer)
  return { value, longest }
}

const programs = {
  /** Asks for each of the configurations. */
  async ask(configs) {
    const answers = []
    for (const config of configs) answers.push(await ask(config))
    return answers
  },

  /** What the error callbacks get when the configuration is used without asking. */
  async use(config) {
    const errors = []
    const error = ({ name }) => errors.push(name)
    new VideoEncoder({ output() {}, error }).configure({ ...size, ...config })
    new VideoDecoder({ output() {}, error }).configure(decoderPart(config))
    while (errors.length < 2) await sleep(5)
    return errors
  },

  /** Asks until the device, which appears meanwhile, is found. */
  async appear([config, device]) {
    const before = await ask(config)
    writeFileSync(device, '')
    // What has no file was not tried, so there is nothing to forget.
    return { before, after: await ask(config) }
  },

  /** Asks until the driver, which `mark` tells to fail, works. */
  async recover([config, mark]) {
    const before = await ask(config)
    rmSync(mark)
    const soon = await ask(config)
    const begin = performance.now()
    let after = soon
    while (!(after.encode && after.decode) && performance.now() - begin < 20_000) {
      await sleep(200)
      after = await ask(config)
    }
    return { before, soon, after, seconds: (performance.now() - begin) / 1000 }
  },

  /** Asks a driver that does not answer, twice. */
  async hang(config) {
    const first = await watchLoop(ask(config))
    return { first: first.value, longest: first.longest, second: await ask(config) }
  },

  /** Encodes and decodes a few pictures. */
  async code(config) {
    const chunks = []
    let decoderConfig
    const error = (exception) => {
      throw exception
    }
    const encoder = new VideoEncoder({
      output(chunk, metadata) {
        chunks.push(chunk)
        decoderConfig = metadata?.decoderConfig ?? decoderConfig
      },
      error,
    })
    encoder.configure({ ...size, ...config })
    for (let index = 0; index < 3; index++) {
      const init = { format: 'I420', codedWidth: size.width, codedHeight: size.height, timestamp: index * 33_333 }
      const frame = new VideoFrame(i420Picture(size.width, size.height, index), init)
      encoder.encode(frame)
      frame.close()
    }
    await encoder.flush()
    let frames = 0
    const decoder = new VideoDecoder({
      output(frame) {
        frames++
        frame.close()
      },
      error,
    })
    decoder.configure({ ...decoderConfig, hardwareAcceleration: config.hardwareAcceleration ?? 'no-preference' })
    for (const chunk of chunks) decoder.decode(chunk)
    await decoder.flush()
    return { chunks: chunks.length, frames }
  },
}

const [name, argument] = process.argv.slice(2)
console.log(JSON.stringify(await programs[name](JSON.parse(argument))))
// A driver that does not answer keeps a thread.
process.exit()

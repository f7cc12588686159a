// Random dictionaries, buffers and objects for every constructor and method. Each input is 150 calls on a few
// objects. A call gives a value, or throws what Web IDL and the specification have: TypeError, RangeError, DOMException.
import assert from 'node:assert/strict'
import * as webcodecs from '../../../dist/index.js'
import { receive, sendable } from '../../../dist/worker.js'
import { layoutOf, pixelFormats } from '../../helpers/pictures.js'
import {
  anyBuffer,
  anyValue,
  choice,
  dictionary,
  integer,
  list,
  nearly,
  oneOf,
  setMildness,
  Thrown,
} from '../dictionaries.mjs'

const { AudioData, AudioDecoder, AudioEncoder, EncodedAudioChunk, EncodedVideoChunk, ImageDecoder } = webcodecs
const { VideoColorSpace, VideoDecoder, VideoEncoder, VideoFrame } = webcodecs

const CALLS = 150

const boolean = choice(true, false)
const timestamp = (pick) => oneOf([0, 1, -1, 33_333, 2 ** 40, -(2 ** 40), pick(1e6)], pick)
const rect = dictionary({
  'x?': integer(0, 9),
  'y?': integer(0, 9),
  'width?': integer(0, 20),
  'height?': integer(0, 20),
})
const colorSpace = dictionary({
  'primaries?': choice('bt709', 'bt470bg', 'smpte170m', 'bt2020', 'smpte432', null),
  'transfer?': choice('bt709', 'smpte170m', 'iec61966-2-1', 'linear', 'pq', 'hlg', null),
  'matrix?': choice('rgb', 'bt709', 'bt470bg', 'smpte170m', 'bt2020-ncl', null),
  'fullRange?': choice(true, false, null),
})
const layout = list(dictionary({ offset: integer(0, 400), stride: integer(0, 90) }), 4)
const metadata = dictionary({
  'rtpTimestamp?': integer(0, 99),
  'captureTime?': integer(0, 99),
  'backgroundBlur?': dictionary({ enabled: boolean }),
  'segments?': list(dictionary({ type: choice('eye', 'mouth'), id: integer(0, 9), probability: integer(0, 1) }), 3),
})
const displayMembers = {
  'visibleRect?': rect,
  'rotation?': choice(0, 90, 180, 270, 45, -90, 1e6),
  'flip?': boolean,
  'displayWidth?': integer(0, 40),
  'displayHeight?': integer(0, 40),
  'metadata?': metadata,
  'duration?': integer(0, 1e6),
}
const frameInit = dictionary({ ...displayMembers, 'timestamp?': timestamp, 'alpha?': choice('keep', 'discard') })
const copyOptions = dictionary({
  'rect?': rect,
  'layout?': layout,
  'format?': choice('RGBA', 'RGBX', 'BGRA', 'BGRX', 'I420'),
  'colorSpace?': choice('srgb', 'display-p3'),
})

/** The arguments of VideoFrame(data, init): they fit one another, but for what was changed. */
function bufferArguments(pick) {
  const format = oneOf(pixelFormats, pick)
  const codedWidth = 1 + pick(20)
  const codedHeight = 1 + pick(20)
  const data = nearly((p) => anyBuffer(p, layoutOf(format, codedWidth, codedHeight).size), 40)(pick)
  const members = { ...displayMembers, format: () => format, codedWidth: () => codedWidth, timestamp }
  const transfer = list((p) => (p(4) ? (data?.buffer ?? data) : new ArrayBuffer(4)), 2)
  const init = dictionary({
    ...members,
    codedHeight: () => codedHeight,
    'colorSpace?': colorSpace,
    ...(pick(6) === 0 && { 'layout?': layout }),
    ...(pick(3) === 0 && { 'transfer?': transfer }),
  })(pick)
  return [data, init]
}

const sampleFormats = ['u8', 's16', 's32', 'f32', 'u8-planar', 's16-planar', 's32-planar', 'f32-planar']

function soundArguments(pick) {
  const numberOfFrames = 1 + pick(20)
  const numberOfChannels = 1 + pick(4)
  const members = { format: choice(...sampleFormats), sampleRate: choice(8000, 48_000, 0.5), timestamp }
  return dictionary({
    ...members,
    numberOfFrames: () => numberOfFrames,
    numberOfChannels: () => numberOfChannels,
    data: (p) => anyBuffer(p, numberOfFrames * numberOfChannels * 4),
  })(pick)
}

const chunkInit = dictionary({
  type: choice('key', 'delta'),
  timestamp,
  'duration?': integer(0, 1e6),
  data: anyBuffer,
  'transfer?': list(() => new ArrayBuffer(3), 2),
})
const soundOptions = dictionary({
  planeIndex: integer(0, 3),
  'frameOffset?': integer(0, 20),
  'frameCount?': integer(0, 20),
  'format?': choice(...sampleFormats),
})

const codecStrings = ['avc1.42001f', 'vp8', 'vp09.00.10.08', 'av01.0.04M.08', 'hvc1.1.6.L93.B0', 'avc1', 'none', '']
const sharedConfig = {
  codec: (pick) => oneOf(codecStrings, (limit) => Math.min(pick(limit), pick(limit))),
  'hardwareAcceleration?': choice('no-preference', 'prefer-software', 'prefer-hardware'),
}
const encoderConfig = dictionary({
  ...sharedConfig,
  width: nearly(choice(16, 32), 6),
  height: nearly(choice(16, 32), 6),
  'displayWidth?': choice(16, 0),
  'displayHeight?': choice(16, 0),
  'bitrate?': choice(100_000, 0),
  'framerate?': choice(30, 0, 1e9),
  'alpha?': choice('discard', 'keep'),
  'scalabilityMode?': choice('L1T2', 'L3T3'),
  'bitrateMode?': choice('constant', 'variable', 'quantizer'),
  'latencyMode?': choice('quality', 'realtime'),
  'contentHint?': choice('detail', ''),
  'avc?': dictionary({ 'format?': choice('annexb', 'avc') }),
})
const decoderConfig = dictionary({
  ...sharedConfig,
  'description?': anyBuffer,
  'codedWidth?': integer(0, 64),
  'codedHeight?': integer(0, 64),
  'displayAspectWidth?': integer(0, 64),
  'displayAspectHeight?': integer(0, 64),
  'colorSpace?': colorSpace,
  'optimizeForLatency?': boolean,
  'rotation?': choice(0, 90, 7),
  'flip?': boolean,
})
const encodeOptions = dictionary({
  'keyFrame?': boolean,
  'avc?': dictionary({ 'quantizer?': integer(0, 60) }),
  'vp9?': dictionary({ 'quantizer?': integer(0, 70) }),
})
const soundCodecs = ['opus', 'pcm-s16', 'flac', 'mp4a.40.2', 'mp3', 'vorbis', 'alaw', 'ulaw', 'pcm-f32', 'opus.1', '']
const sharedSoundConfig = {
  codec: choice(...soundCodecs),
  sampleRate: nearly(choice(8000, 44_100, 48_000), 6),
  numberOfChannels: nearly(choice(1, 2, 4), 6),
}
const audioEncoderConfig = dictionary({
  ...sharedSoundConfig,
  'bitrate?': choice(32_000, 96_000, 0),
  'bitrateMode?': choice('constant', 'variable'),
  'aac?': dictionary({ 'format?': choice('aac', 'adts') }),
  'flac?': dictionary({ 'blockSize?': integer(0, 70_000), 'compressLevel?': integer(0, 9) }),
  'opus?': dictionary({
    'format?': choice('opus', 'ogg'),
    'signal?': choice('auto', 'music', 'voice'),
    'application?': choice('voip', 'audio', 'lowdelay'),
    'frameDuration?': choice(2500, 10_000, 20_000, 60_000, 1),
    'complexity?': integer(0, 11),
    'packetlossperc?': integer(0, 101),
    'useinbandfec?': boolean,
    'usedtx?': boolean,
  }),
})
const audioDecoderConfig = dictionary({ ...sharedSoundConfig, 'description?': anyBuffer })
const imageDecodeOptions = dictionary({ 'frameIndex?': integer(0, 3), 'completeFramesOnly?': boolean })
const callbacks = dictionary({ output: () => (media) => media.close?.(), error: () => () => {} })
const imageInit = dictionary({
  type: choice('image/png', 'image/gif', 'image/none', ''),
  data: (pick) => (pick(9) ? anyBuffer(pick) : new ReadableStream()),
  'colorSpaceConversion?': choice('none', 'default'),
  'desiredWidth?': integer(0, 9),
  'desiredHeight?': integer(0, 9),
  'preferAnimation?': boolean,
  'transfer?': list(() => new ArrayBuffer(3), 2),
})

/**
 * What is called, by name. Each takes a generator and `get(Interface)`, which gives one of the objects made so far, or
 * something that is none; what it returns becomes one of them.
 * @type {Record<string, (pick: (limit: number) => number, get: (of: Function) => any) => unknown>}
 */
const calls = {
  'VideoFrame(data, init)': (pick) => new VideoFrame(...bufferArguments(pick)),
  'VideoFrame(image, init)': (pick, get) => new VideoFrame(get(VideoFrame), frameInit(pick)),
  'VideoFrame.allocationSize': (pick, get) => get(VideoFrame).allocationSize(copyOptions(pick)),
  'VideoFrame.copyTo': (pick, get) =>
    get(VideoFrame).copyTo(nearly((p) => anyBuffer(p, 2000))(pick), copyOptions(pick)),
  'VideoFrame.metadata': (_, get) => get(VideoFrame).metadata(),
  'VideoFrame.clone': (_, get) => get(VideoFrame).clone(),
  'VideoFrame.close': (_, get) => get(VideoFrame).close(),
  'AudioData()': (pick) => new AudioData(soundArguments(pick)),
  'AudioData.allocationSize': (pick, get) => get(AudioData).allocationSize(soundOptions(pick)),
  'AudioData.copyTo': (pick, get) => get(AudioData).copyTo(nearly(anyBuffer)(pick), soundOptions(pick)),
  'AudioData.clone': (_, get) => get(AudioData).clone(),
  'AudioData.close': (_, get) => get(AudioData).close(),
  'EncodedVideoChunk()': (pick) => new EncodedVideoChunk(chunkInit(pick)),
  'EncodedVideoChunk.copyTo': (pick, get) => get(EncodedVideoChunk).copyTo(nearly(anyBuffer)(pick)),
  'EncodedAudioChunk()': (pick) => new EncodedAudioChunk(chunkInit(pick)),
  'EncodedAudioChunk.copyTo': (pick, get) => get(EncodedAudioChunk).copyTo(nearly(anyBuffer)(pick)),
  'VideoColorSpace()': (pick) => new VideoColorSpace(colorSpace(pick)),
  'VideoColorSpace.toJSON': (_, get) => get(VideoColorSpace).toJSON(),
  'VideoEncoder()': (pick) => new VideoEncoder(callbacks(pick)),
  'VideoEncoder.isConfigSupported': (pick) => VideoEncoder.isConfigSupported(encoderConfig(pick)),
  'VideoEncoder.configure': (pick, get) => get(VideoEncoder).configure(encoderConfig(pick)),
  'VideoEncoder.encode': (pick, get) => get(VideoEncoder).encode(get(VideoFrame), encodeOptions(pick)),
  'VideoEncoder.flush': (_, get) => get(VideoEncoder).flush(),
  'VideoEncoder.reset': (_, get) => get(VideoEncoder).reset(),
  'VideoEncoder.close': (_, get) => get(VideoEncoder).close(),
  'VideoDecoder()': (pick) => new VideoDecoder(callbacks(pick)),
  'VideoDecoder.isConfigSupported': (pick) => VideoDecoder.isConfigSupported(decoderConfig(pick)),
  'VideoDecoder.configure': (pick, get) => get(VideoDecoder).configure(decoderConfig(pick)),
  'VideoDecoder.decode': (_, get) => get(VideoDecoder).decode(get(EncodedVideoChunk)),
  'VideoDecoder.flush': (_, get) => get(VideoDecoder).flush(),
  'VideoDecoder.reset': (_, get) => get(VideoDecoder).reset(),
  'VideoDecoder.close': (_, get) => get(VideoDecoder).close(),
  'AudioEncoder()': (pick) => new AudioEncoder(callbacks(pick)),
  'AudioEncoder.isConfigSupported': (pick) => AudioEncoder.isConfigSupported(audioEncoderConfig(pick)),
  'AudioEncoder.configure': (pick, get) => get(AudioEncoder).configure(audioEncoderConfig(pick)),
  'AudioEncoder.encode': (_, get) => get(AudioEncoder).encode(get(AudioData)),
  'AudioEncoder.flush': (_, get) => get(AudioEncoder).flush(),
  'AudioEncoder.reset': (_, get) => get(AudioEncoder).reset(),
  'AudioEncoder.close': (_, get) => get(AudioEncoder).close(),
  'AudioDecoder()': (pick) => new AudioDecoder(callbacks(pick)),
  'AudioDecoder.isConfigSupported': (pick) => AudioDecoder.isConfigSupported(audioDecoderConfig(pick)),
  'AudioDecoder.configure': (pick, get) => get(AudioDecoder).configure(audioDecoderConfig(pick)),
  'AudioDecoder.decode': (_, get) => get(AudioDecoder).decode(get(EncodedAudioChunk)),
  'AudioDecoder.flush': (_, get) => get(AudioDecoder).flush(),
  'AudioDecoder.reset': (_, get) => get(AudioDecoder).reset(),
  'AudioDecoder.close': (_, get) => get(AudioDecoder).close(),
  'ImageDecoder()': (pick) => new ImageDecoder(imageInit(pick)),
  'ImageDecoder.isTypeSupported': (pick) => ImageDecoder.isTypeSupported(nearly(choice('image/png', ''))(pick)),
  'ImageDecoder.decode': (pick, get) => get(ImageDecoder).decode(imageDecodeOptions(pick)),
  'ImageDecoder.reset': (_, get) => get(ImageDecoder).reset(),
  'ImageDecoder.close': (_, get) => get(ImageDecoder).close(),
  'structuredClone()': (pick, get) => structuredClone(...crossing(pick, get)),
  'sendable() and receive()': (pick, get) => receive(sendable(...crossing(pick, get))),
}

function crossing(pick, get) {
  const media = get(oneOf([VideoFrame, AudioData, EncodedVideoChunk], pick))
  const value = oneOf([media, [media, media], new Map([[media, { media }]]), new Set([media])], pick)
  return [value, pick(2) ? { transfer: [media] } : {}]
}

const names = Object.keys(calls)
/** What ends things comes more rarely, so that they get somewhere. */
const weighted = names.flatMap((name) => Array(/close|reset/.test(name) ? 1 : 4).fill(name))
/** What is left open keeps its memory: no more than this of each interface. */
const MAX_OBJECTS = 6

/** Every object of the interfaces in what a call returned. */
function* objectsIn(value) {
  if (value === null || typeof value !== 'object') return
  if (Array.isArray(value) || value instanceof Set) for (const member of value) yield* objectsIn(member)
  else if (value instanceof Map) yield* objectsIn([...value.keys()])
  else yield value
}

function isAllowed(error) {
  const kinds = [TypeError, RangeError, DOMException, Thrown]
  return kinds.some((kind) => error instanceof kind) && error.name !== 'OperationError'
}

async function run(pick) {
  setMildness(oneOf([1, 4, 20], pick))
  const objects = new Map()
  const promises = []
  const outcomes = []
  const get = (of) => {
    const known = objects.get(of) ?? []
    return known.length > 0 && nearly(() => true, 30)(pick) === true ? oneOf(known, pick) : anyValue(pick)
  }
  const keep = (value) => {
    for (const object of objectsIn(value)) {
      const known = objects.get(object.constructor) ?? []
      objects.set(object.constructor, known)
      known.push(object)
      if (known.length > MAX_OBJECTS) known.shift().close?.()
    }
  }
  const faults = []
  const refused = (name, error) => {
    if (!isAllowed(error)) faults.push(`${name} threw ${error?.stack ?? error}`)
    outcomes.push({ name, outcome: error?.name })
  }
  for (let i = 0; i < CALLS; i++) {
    const name = oneOf(weighted, pick)
    try {
      const result = calls[name](pick, get)
      if (result instanceof Promise) promises.push(result.then(keep).catch((error) => refused(name, error)))
      else keep(result)
      outcomes.push({ name, outcome: 'done' })
    } catch (error) {
      refused(name, error)
    }
  }
  for (const known of objects.values()) for (const object of known) closeQuietly(object)
  await Promise.all(promises)
  for (const known of objects.values()) for (const object of known) closeQuietly(object)
  assert.deepEqual(faults, [])
  return { kind: '150 calls', outcome: 'allowed outcomes', outcomes }
}

/** Codecs throw when they are closed already. */
function closeQuietly(object) {
  try {
    object.close?.()
  } catch (error) {
    assert.equal(error.name, 'InvalidStateError')
  }
}

/** Every call has been done, and refused. */
function check(results) {
  if (results.length < 50) return []
  const seen = new Set(results.flatMap(({ outcomes }) => outcomes.map(({ name, outcome }) => `${name} ${outcome}`)))
  const missing = names.filter((name) => !seen.has(`${name} done`) || !seen.has(`${name} TypeError`))
  return missing.map((name) => `${name} was never done, or never refused`)
}

export const targets = [{ name: 'dictionaries', prepare: async () => ({ run, check }) }]

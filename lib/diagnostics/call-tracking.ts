/**
 * Tells native code, while allocations are tracked, on whose behalf it is called: for which codec or class, and from
 * which line of JavaScript. A binding that is not wrapped costs nothing.
 */
import { isMainThread, threadId } from 'node:worker_threads'
import { packageRoot } from '../binding.js'
import type { WorkMessage } from '../codec.js'
import type { CodecHandle, ImageHandle, NativeBinding } from '../native.js'

type Method = {
  [Name in keyof NativeBinding]: NativeBinding[Name] extends (...args: never[]) => unknown ? Name : never
}[keyof NativeBinding]

/** Calls that take memory of their own, and what they take it for. */
const CALLS = {
  createPicture: 'VideoFrame',
  clonePicture: 'VideoFrame',
  receivePicture: 'VideoFrame',
  sendPicture: 'transfer of a VideoFrame',
  convertPicture: 'VideoFrame.copyTo()',
  createAudioBuffer: 'AudioData',
  cloneAudioBuffer: 'AudioData',
  receiveAudioBuffer: 'AudioData',
  sendAudioBuffer: 'transfer of an AudioData',
  copySamples: 'AudioData.copyTo()',
} as const satisfies Partial<Record<Method, string>>

/** Calls that make a codec, and the calls that give it work; the codec is their first argument. */
const CODECS = {
  VideoEncoder: { create: 'createVideoEncoder', calls: ['configureVideoEncoder', 'encodeVideo'] },
  VideoDecoder: { create: 'createVideoDecoder', calls: ['configureVideoDecoder', 'decodeVideo'] },
  AudioEncoder: { create: 'createAudioEncoder', calls: ['configureAudioEncoder', 'encodeAudio'] },
  AudioDecoder: { create: 'createAudioDecoder', calls: ['configureAudioDecoder', 'decodeAudio'] },
  ImageDecoder: { create: 'createImage', calls: ['imageAppend', 'imageDecode'] },
} as const satisfies Record<string, { create: Method; calls: readonly Method[] }>

const STACK_LINES = 12
/** Lines of this package stand above those of the program. */
const OWN_LINES = 12

const isOwn = (line: string): boolean =>
  ['dist', 'lib'].some((folder) => line.includes(`${packageRoot}/${folder}/`)) || line.includes('node:internal')

/** The lines of the program that led here, innermost first. */
function callerStack(): string {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = STACK_LINES + OWN_LINES
  const holder: { stack?: unknown } = {}
  Error.captureStackTrace(holder, callerStack)
  const lines = String(holder.stack).split('\n').slice(1)
  Error.stackTraceLimit = stackTraceLimit
  return lines
    .map((line) => line.trim().replace(/^at /, ''))
    .filter((line) => !isOwn(line))
    .slice(0, STACK_LINES)
    .join('\n')
}

/** Whether this thread's calls are tracked; and the stack of the call whose message is carried out now. */
let isTracking = false
let stackOfMessage: string | undefined

/** Says whether messages of codecs are to remember where they come from. */
export function keepStacks(enabled: boolean): void {
  isTracking = enabled
}

/**
 * A message of a codec's queue that may be carried out long after the call that it stands for. While calls are tracked, its
 * allocations are those of that call.
 */
export function withStack(message: WorkMessage): WorkMessage {
  if (!isTracking) return message
  const stack = callerStack()
  return {
    submit(native, codec) {
      stackOfMessage = stack
      try {
        message.submit(native, codec)
      } finally {
        stackOfMessage = undefined
      }
    },
    drop: () => message.drop(),
  }
}

type AnyFunction = (...args: unknown[]) => unknown

/** The binding, with every call that may allocate inside the context that it allocates for. */
export function trackCalls(native: NativeBinding): NativeBinding {
  const numbers = new Map<string, number>()
  const numberOf = (name: string): number => {
    const known = numbers.get(name)
    if (known !== undefined) return known
    const number = native.nameForAllocations(name)
    // 0: native code knows enough names.
    if (number !== 0) numbers.set(name, number)
    return number
  }
  const where = isMainThread ? '' : ` of thread ${threadId}`
  const codecs = new WeakMap<CodecHandle | ImageHandle, string>()
  const tracked: Record<string, AnyFunction> = Object.create(native)
  const wrap = (method: Method, sourceOf: (args: unknown[]) => string): void => {
    const call = native[method] as AnyFunction
    tracked[method] = (...args: unknown[]) => {
      native.setAllocationContext(numberOf(sourceOf(args)), numberOf(stackOfMessage ?? callerStack()))
      try {
        return call(...args)
      } finally {
        native.setAllocationContext(0, 0)
      }
    }
  }
  for (const [method, source] of Object.entries(CALLS)) wrap(method as Method, () => source + where)
  // A flush serves codecs of every kind.
  wrap('codecFlush', ([codec]) => codecs.get(codec as CodecHandle) ?? `codec${where}`)
  for (const [name, { create, calls }] of Object.entries(CODECS)) {
    const make = native[create] as AnyFunction
    tracked[create] = (id: unknown, ...rest: unknown[]) => {
      const handle = make(id, ...rest) as CodecHandle | ImageHandle
      codecs.set(handle, `${name} #${id}${where}`)
      return handle
    }
    for (const method of calls) wrap(method, ([codec]) => codecs.get(codec as CodecHandle) ?? `${name}${where}`)
  }
  return tracked as unknown as NativeBinding
}

/**
 * Lets VideoFrame, AudioData and encoded chunks cross between threads with `structuredClone()`, MessagePort, Worker and
 * `parentPort`, as in browsers. Importing this module, on each side, turns it on.
 *
 * Node has no public way to make the objects of a class serializable. So this module stands in front of the functions
 * that send, and in the place where messages are dispatched. A value with media objects is sent as an envelope, in which
 * each of them is replaced by its slots and by its number in a table of native code that all threads share.
 *
 * What is on its way belongs to a lane: the way from one port to its peer. The first message of a lane carries one end
 * of a MessageChannel, which the receiving port keeps. When that port closes, when its thread ends, or when the message
 * dies unread, the other end sees `close`, and what is still on the lane is freed.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { types } from 'node:util'
import type { MessagePort as Port } from 'node:worker_threads'
import { type AudioData, audioDataInternals, type OpenAudioDataSlots } from './audio-data.js'
import { sampleFormatAt } from './audio-sample-format.js'
import { encodedAudioChunkInternals } from './encoded-audio-chunk.js'
import type { ChunkSlots, EncodedChunkInternals } from './encoded-chunk.js'
import { encodedVideoChunkInternals } from './encoded-video-chunk.js'
import type { MovableAudioBuffer, MovablePicture } from './native.js'
import { PIXEL_FORMATS } from './pixel-format.js'
import { getRuntime } from './runtime.js'
import { type VideoFrame, videoFrameInternals } from './video-frame.js'
import type { VideoFrameSlots } from './video-frame-init.js'
import { isObject } from './webidl/conversions.js'

declare module 'worker_threads' {
  /** What `webcodecs-native/worker` adds to what can be transferred. */
  type TransferableMedia = import('worker_threads').Transferable | VideoFrame | AudioData
  interface MessagePort {
    postMessage(value: unknown, transferList: readonly TransferableMedia[]): void
  }
  interface Worker {
    postMessage(value: unknown, transferList: readonly TransferableMedia[]): void
  }
}

const require = createRequire(import.meta.url)
// The objects themselves, as `import` gives a view of them that cannot be changed.
const v8 = require('node:v8') as typeof import('node:v8')
const workerThreads = require('node:worker_threads') as typeof import('node:worker_threads')
const { BroadcastChannel, MessageChannel, MessagePort } = workerThreads

const dataCloneError = (message: string): DOMException => new DOMException(message, 'DataCloneError')

// --- The interfaces that cross --------------------------------------------------------------------------------------

/** A media object without its object: what structured clone can carry. */
type Parcel = readonly [kind: number, resource: Resource, slots: unknown]

/** A number in native code's table of what is on its way, memory that moves with the message, or nothing. */
type Resource = number | MovablePicture | MovableAudioBuffer | null

/** An interface whose objects cross; its algorithms are those of the specification's serialization and transfer steps. */
interface Kind {
  readonly name: string
  readonly isTransferable: boolean
  isInstance(value: unknown): boolean
  isClosed(value: object): boolean
  /** @param move whether the object is transferred: memory that JavaScript owns then moves, if nobody else uses it */
  pack(value: object, lane: number, move: boolean): [resource: Resource, slots: unknown]
  /** @returns null when the resource is no longer there */
  unpack(resource: Resource, slots: never): object | null
}

type FrameSlots = Omit<VideoFrameSlots, 'picture' | 'format'> & { format: number }
type SoundSlots = Omit<OpenAudioDataSlots, 'buffer' | 'format'> & { format: number }

const videoFrame: Kind = {
  name: 'VideoFrame',
  isTransferable: true,
  isInstance: videoFrameInternals.isFrame,
  isClosed: (value) => !videoFrameInternals.isOpen(videoFrameInternals.slotsOf(value as never)),
  pack(value, lane, move) {
    const { picture, format, ...slots } = videoFrameInternals.slotsOf(value as never)
    const { native } = getRuntime()
    const resource = (move && native.movablePicture(picture!)) || native.sendPicture(picture!, lane)
    return [resource, { ...slots, format: format?.index ?? -1 }]
  },
  unpack(resource, { format, ...slots }: FrameSlots) {
    const { native } = getRuntime()
    let picture = null
    if (typeof resource === 'number') {
      picture = native.receivePicture(resource)
    } else {
      const [buffer, ownFormat, width, height, layout] = resource as MovablePicture
      picture = native.createPicture(ownFormat, width, height, new Uint8Array(buffer), layout, true, 0)
    }
    return picture && videoFrameInternals.create({ ...slots, picture, format: PIXEL_FORMATS[format] ?? null })
  },
}

const audioData: Kind = {
  name: 'AudioData',
  isTransferable: true,
  isInstance: audioDataInternals.isData,
  isClosed: (value) => !audioDataInternals.isOpen(audioDataInternals.slotsOf(value as never)),
  pack(value, lane, move) {
    const { buffer, format, ...slots } = audioDataInternals.slotsOf(value as never)
    const { native } = getRuntime()
    const resource = (move && native.movableAudioBuffer(buffer!)) || native.sendAudioBuffer(buffer!, lane)
    return [resource, { ...slots, format: format!.index }]
  },
  unpack(resource, { format, ...slots }: SoundSlots) {
    const { native } = getRuntime()
    const { numberOfChannels, numberOfFrames } = slots
    let buffer = null
    if (typeof resource === 'number') {
      buffer = native.receiveAudioBuffer(resource)
    } else {
      const [memory, offset] = resource as MovableAudioBuffer
      buffer = native.createAudioBuffer(format, numberOfChannels, numberOfFrames, new Uint8Array(memory, offset), true)
    }
    return buffer && audioDataInternals.create({ ...slots, buffer, format: sampleFormatAt(format) })
  },
}

/** Chunks are immutable and small: their bytes are copied with the message. */
const encodedChunk = <Chunk extends object>(name: string, internals: EncodedChunkInternals<Chunk>): Kind => ({
  name,
  isTransferable: false,
  isInstance: internals.isChunk,
  isClosed: () => false,
  pack(value) {
    const { data, ...slots } = internals.slotsOf(value as Chunk)
    // Structured clone of a view copies all of its buffer.
    const own = data.byteLength === data.buffer.byteLength ? data : data.slice()
    return [null, { ...slots, isShared: false, data: own }]
  },
  unpack: (_, slots: ChunkSlots) => internals.create(slots),
})

const KINDS: readonly Kind[] = [
  videoFrame,
  audioData,
  encodedChunk('EncodedVideoChunk', encodedVideoChunkInternals),
  encodedChunk('EncodedAudioChunk', encodedAudioChunkInternals),
]

/** The place in KINDS of the interface of `value`, or -1. */
const kindOf = (value: object): number => KINDS.findIndex((kind) => kind.isInstance(value))

// --- Finding and replacing media objects in a value -----------------------------------------------------------------

/** Whether structured clone looks into an object. Objects of classes are cloned like literals. */
function isContainer(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null || Array.isArray(value)) return !types.isProxy(value)
  if (typeof value === 'function' || ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return false
  return !(types.isProxy(value) || types.isDate(value) || types.isRegExp(value) || types.isNativeError(value))
}

function membersOf(container: object): Iterable<unknown> {
  if (Array.isArray(container) || types.isSet(container)) return container
  if (types.isMap(container)) return [...container].flat(1)
  return Object.values(container)
}

/**
 * The media objects in `value`, and every container from which one can be reached, `value` itself included.
 * @returns null when there are none
 */
function findMedia(value: unknown): { media: Set<object>; containers: Set<object> } | null {
  if (!isObject(value)) return null
  const media = new Set<object>()
  const seen = new Set<object>([value])
  const parents = new Map<object, object[]>()
  // Grows while it is walked.
  for (const container of seen) {
    if (kindOf(container) >= 0) media.add(container)
    else if (isContainer(container)) {
      for (const member of membersOf(container)) {
        if (!isObject(member)) continue
        seen.add(member)
        const known = parents.get(member)
        if (known) known.push(container)
        else parents.set(member, [container])
      }
    }
  }
  if (media.size === 0) return null
  const containers = new Set<object>()
  const above = [...media]
  for (let child = above.pop(); child; child = above.pop()) {
    for (const parent of parents.get(child) ?? []) {
      if (containers.has(parent)) continue
      containers.add(parent)
      above.push(parent)
    }
  }
  return { media, containers }
}

/** As structured clone makes properties: also "__proto__" is one. */
function setMember(container: object, key: PropertyKey, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    Reflect.set(container, key, value)
  }
}

/** What is sent in place of a value. Structured clone keeps identity, so places within `root` can be named. */
interface Envelope {
  [ENVELOPE]: true
  /** [value], with its media objects left out */
  root: [unknown]
  /** Where the media object goes that has this place in `parcels`. */
  places: [container: object, key: PropertyKey, index: number][]
  /** Members of the Maps (keys and values in turn) and Sets of `root` that have media objects in them. */
  members: [collection: object, members: unknown[]][]
  parcels: Parcel[]
  /** The end that the receiving port keeps. */
  lane?: Port
  /** Ports in the message that keep ends already. */
  kept?: [port: Port, ends: Port[]][]
}

const ENVELOPE = 'webcodecs-native:envelope'
const WATCH = 'webcodecs-native:watch'

const isEnvelope = (value: unknown): value is Envelope => isObject(value) && ENVELOPE in value

/** Makes an envelope of `value`, all but its parcels. @param media in the order that the parcels will have */
function makeEnvelope(value: unknown, media: readonly object[], containers: ReadonlySet<object>): Envelope {
  const places: Envelope['places'] = []
  const members: Envelope['members'] = []
  const copies = new Map<object, object>()
  const place = (container: object, key: PropertyKey, member: unknown): void => {
    const index = isObject(member) ? media.indexOf(member) : -1
    if (index >= 0) places.push([container, key, index])
    setMember(container, key, index >= 0 ? undefined : isObject(member) ? copy(member) : member)
  }
  const copyCollection = (collection: object, list: Iterable<unknown>): void => {
    const copied: unknown[] = []
    members.push([collection, copied])
    for (const member of list) place(copied, copied.length, member)
  }
  function copy(container: object): object {
    if (!containers.has(container)) return container
    const known = copies.get(container)
    if (known) return known
    const isMap = types.isMap(container)
    const isCollection = isMap || types.isSet(container)
    const made = isMap ? new Map() : isCollection ? new Set() : Array.isArray(container) ? [] : {}
    copies.set(container, made)
    if (isCollection) copyCollection(made, membersOf(container))
    else for (const key of Object.keys(container)) place(made, key, Reflect.get(container, key))
    if (Array.isArray(container)) (made as unknown[]).length = container.length
    return made
  }
  const root: [unknown] = [undefined]
  place(root, 0, value)
  return { [ENVELOPE]: true, root, places, members, parcels: [] }
}

/** The value that an envelope was made of, with new media objects. */
function openEnvelope({ root, places, members, parcels }: Envelope): unknown {
  const objects: object[] = []
  for (const [kind, resource, slots] of parcels) {
    const object = KINDS[kind]?.unpack(resource, slots as never)
    if (object) objects.push(object)
  }
  if (objects.length < parcels.length) {
    closeAll(objects)
    throw dataCloneError('expected the media objects of a message but they are no longer there')
  }
  for (const [container, key, index] of places) setMember(container, key, objects[index])
  for (const [collection, list] of members) {
    if (types.isSet(collection)) for (const member of list) collection.add(member)
    else if (types.isMap(collection)) for (let i = 0; i < list.length; i += 2) collection.set(list[i], list[i + 1])
  }
  return root[0]
}

function closeAll(objects: Iterable<object>): void {
  for (const object of objects) (object as { close?(): void }).close?.()
}

// --- Lanes ----------------------------------------------------------------------------------------------------------

/** Functions of Node that this module stands in front of. */
const postMessage = MessagePort.prototype.postMessage
const structuredClone = globalThis.structuredClone
const { receiveMessageOnPort } = workerThreads

interface Lane {
  readonly id: number
  /** For the first message; null once it is sent. */
  end: Port | null
}

/** What a thread that is not the main one knows of its parent: whether this module is there, to watch over lanes. */
const PARENT_WATCHES = 'webcodecs-native:watches'

/**
 * Frees what is on a lane when its other end is closed. The parent outlives this thread, and what this thread has sent
 * may outlive it too: so the parent watches where it can.
 */
function watch(lane: number, port: Port): void {
  if (workerThreads.parentPort && workerThreads.getEnvironmentData(PARENT_WATCHES) === true) {
    Reflect.apply(postMessage, workerThreads.parentPort, [{ [WATCH]: lane, port }, [port]])
    return
  }
  port.once('close', () => getRuntime().native.closeLane(lane))
  port.unref()
}

function openLane(): Lane {
  const id = getRuntime().native.openLane()
  const { port1, port2 } = new MessageChannel()
  watch(id, port1)
  return { id, end: port2 }
}

/** The lane that starts at each port. */
const lanes = new WeakMap<Port, Lane>()

function laneOf(port: Port): Lane {
  let lane = lanes.get(port)
  if (!lane) {
    lane = openLane()
    lanes.set(port, lane)
    // What is sent from here on is lost, as the port is closed.
    port.once('close', () => lanes.delete(port))
  }
  return lane
}

/** The ends that each receiving port keeps. */
const keptEnds = new WeakMap<Port, Port[]>()

function keepEnds(port: Port, ends: readonly Port[]): void {
  const kept = keptEnds.get(port)
  if (kept) {
    kept.push(...ends)
    return
  }
  const own = [...ends]
  keptEnds.set(port, own)
  port.once('close', () => {
    for (const end of own.splice(0)) end.close()
  })
}

/** Those of `ports` that keep ends, which go where the ports go. */
function takeKeptEnds(ports: readonly unknown[]): [port: Port, ends: Port[]][] {
  return ports.flatMap((port): [Port, Port[]][] => {
    const ends = isObject(port) ? keptEnds.get(port as Port) : undefined
    return ends && ends.length > 0 ? [[port as Port, ends]] : []
  })
}

// --- Sending and receiving ------------------------------------------------------------------------------------------

/** The second argument of postMessage() and structuredClone(): a list, or a dictionary with one. */
function readTransferList(argument: unknown): unknown[] {
  if (!isObject(argument)) return []
  const list: unknown = Symbol.iterator in argument ? argument : Reflect.get(argument, 'transfer')
  return isObject(list) && Symbol.iterator in list ? [...(list as Iterable<unknown>)] : []
}

/** spec: the first of the transfer and serialization steps of each interface */
function requireSendable(media: Iterable<object>, transferred: readonly object[]): void {
  if (new Set(transferred).size < transferred.length) {
    throw dataCloneError('expected different objects to transfer but received one twice')
  }
  for (const object of transferred) {
    const { name, isTransferable } = KINDS[kindOf(object)]!
    if (!isTransferable) throw dataCloneError(`expected objects that can be transferred but received an ${name}`)
  }
  for (const object of [...media, ...transferred]) {
    const { name, isClosed } = KINDS[kindOf(object)]!
    if (isClosed(object)) throw dataCloneError(`expected an open ${name} but it is closed`)
  }
}

/**
 * Sends a value with media objects by `send`, which is one of Node's functions; other values go as they are.
 * @param lane called when there is something to put on a lane; null when the value arrives before this returns
 */
function sendValue<T>(
  value: unknown,
  transferArgument: unknown,
  lane: (() => Lane) | null,
  send: (value: unknown, transfer: unknown[]) => T,
): T {
  const transfer = readTransferList(transferArgument)
  const isMedia = (item: unknown): item is object => isObject(item) && kindOf(item) >= 0
  const transferred = transfer.filter(isMedia)
  const others = transfer.filter((item) => !isMedia(item))
  const found = findMedia(value)
  const kept = takeKeptEnds(others)
  if (!found && kept.length === 0 && transferred.length === 0) return send(value, transfer)

  const media = [...(found?.media ?? [])]
  requireSendable(media, transferred)
  const envelope = makeEnvelope(value, media, found?.containers ?? new Set())
  const usedLane = media.some((object) => KINDS[kindOf(object)]!.isTransferable) ? lane?.() : undefined
  try {
    for (const object of media) {
      const kind = kindOf(object)
      const [resource, slots] = KINDS[kind]!.pack(object, usedLane?.id ?? 0, transferred.includes(object))
      envelope.parcels.push([kind, resource, slots])
      if (Array.isArray(resource)) others.push(resource[0])
    }
    if (usedLane?.end) {
      envelope.lane = usedLane.end
      others.push(usedLane.end)
    }
    if (kept.length > 0) envelope.kept = kept
    others.push(...kept.flatMap(([, ends]) => ends))
    const result = send(envelope, others)
    if (usedLane) usedLane.end = null
    closeAll(transferred)
    for (const [port] of kept) keptEnds.delete(port)
    return result
  } catch (error) {
    const { native } = getRuntime()
    for (const [, resource] of envelope.parcels) if (typeof resource === 'number') native.dropInFlight(resource)
    throw error
  }
}

/** What a message means that came through `port`; null for `workerData` and structuredClone(). */
function receiveValue(value: unknown, port: Port | null): unknown {
  if (!isEnvelope(value)) return value
  if (value.lane && port) keepEnds(port, [value.lane])
  else if (value.lane) endsOfThread.push(value.lane)
  for (const [moved, ends] of value.kept ?? []) keepEnds(moved, ends)
  return openEnvelope(value)
}

/** The ends that came by no port: they stay open as long as this thread lives. */
const endsOfThread: Port[] = []

/**
 * A value with media objects as a MessagePort, for where no hook is: post the port, in the transfer list too, by whatever
 * means, and give it to receive() on the other side. A port that is closed instead frees what is in it.
 * @param options.transfer what to transfer instead of cloning it, as for structuredClone()
 * @throws DataCloneError when `value` has what cannot be cloned, such as a closed VideoFrame
 */
export function sendable(value: unknown, options: { transfer?: readonly unknown[] } = {}): Port {
  const { port1, port2 } = new MessageChannel()
  const lane = { id: getRuntime().native.openLane(), end: null }
  try {
    const send = (message: unknown, transfer: unknown[]) => Reflect.apply(postMessage, port1, [message, transfer])
    sendValue(value, options, () => lane, send)
  } catch (error) {
    port1.close()
    throw error
  }
  watch(lane.id, port1)
  return port2
}

/**
 * The value that `token` was made of by sendable(); the token is closed.
 * @throws DataCloneError when `token` is none of sendable()'s, or was given here before
 */
export function receive<T = unknown>(token: Port): T {
  const received = receiveMessageOnPort(token)
  if (!received) throw dataCloneError('expected a port that sendable() made but received another')
  try {
    return receiveValue(received.message, token) as T
  } finally {
    token.close()
  }
}

// --- Hooks ----------------------------------------------------------------------------------------------------------

/** Puts a function in another's place, under its name. */
function replace<Holder extends object>(holder: Holder, key: keyof Holder & string, replacement: object): void {
  const descriptor = Object.getOwnPropertyDescriptor(holder, key)!
  Object.defineProperty(replacement, 'name', { value: key, configurable: true })
  Object.defineProperty(replacement, 'length', { value: (descriptor.value as () => void).length, configurable: true })
  Object.defineProperty(holder, key, { ...descriptor, value: replacement })
}

function refuseMedia(value: unknown, purpose: string): void {
  if (findMedia(value)) throw dataCloneError(`expected a value without media objects ${purpose}`)
}

/** The first message to a new Worker; its `workerData` is the user's, the rest is Node's own. */
const isStartMessage = (value: unknown): value is { workerData: unknown } =>
  isObject(value) && 'workerData' in value && 'environmentData' in value && 'publicPort' in value

function hookSenders(): void {
  replace(MessagePort.prototype, 'postMessage', function (this: Port, ...args: unknown[]) {
    const [value, transfer] = args
    const send = (message: unknown, list: unknown[]) => Reflect.apply(postMessage, this, [message, list])
    if (isStartMessage(value)) {
      const { workerData } = value
      return sendValue(
        workerData,
        transfer,
        () => laneOf(this),
        (data, list) => send({ ...value, workerData: data }, list),
      )
    }
    if (!isObject(value) && transfer === undefined) return Reflect.apply(postMessage, this, args)
    return sendValue(value, transfer, () => laneOf(this), send)
  })
  replace(globalThis, 'structuredClone', (...args: unknown[]) => {
    const [value, options] = args
    if (!isObject(value) && options === undefined) return Reflect.apply(structuredClone, undefined, args)
    const send = (message: unknown, transfer: unknown[]) => structuredClone(message, { transfer } as never)
    return receiveValue(sendValue(value, options, null, send), null)
  })
  // A message to many: each media object would have to be there as many times.
  const broadcast = BroadcastChannel.prototype.postMessage
  replace(BroadcastChannel.prototype, 'postMessage', function (this: BroadcastChannel, value: unknown) {
    refuseMedia(value, 'for a BroadcastChannel')
    return Reflect.apply(broadcast, this, [value])
  })
  // HTML calls it forStorage: bytes that may outlive every thread.
  const { writeValue } = v8.Serializer.prototype
  replace(v8.Serializer.prototype, 'writeValue', function (this: InstanceType<typeof v8.Serializer>, value: unknown) {
    refuseMedia(value, 'for storage')
    return Reflect.apply(writeValue, this, [value])
  })
}

/** Where Node's ports hand a message over to their listeners, of EventTarget and of EventEmitter style alike. */
const DISPATCH = Symbol.for('nodejs.internal.kHybridDispatch')

type Dispatch = (this: Port, value: unknown, type: string, ...rest: unknown[]) => unknown

function hookReceivers(): void {
  const dispatch = Reflect.get(MessagePort.prototype, DISPATCH) as Dispatch | undefined
  if (typeof dispatch !== 'function') return
  const receivingDispatch: Dispatch = function (value, type, ...rest) {
    const forward = (...args: unknown[]) => Reflect.apply(dispatch, this, [...args, ...rest])
    if (type !== 'message' || !isObject(value)) return forward(value, type)
    if (WATCH in value) {
      const { [WATCH]: lane, port } = value as unknown as { [WATCH]: number; port: Port }
      return watch(lane, port)
    }
    let received: unknown
    try {
      received = receiveValue(value, this)
    } catch (error) {
      return forward(error, 'messageerror')
    }
    return forward(received, type)
  }
  Object.defineProperty(MessagePort.prototype, DISPATCH, {
    value: receivingDispatch,
    configurable: true,
    writable: true,
  })
  replace(workerThreads, 'receiveMessageOnPort', (port: Port) => {
    const received = receiveMessageOnPort(port)
    return received && { message: receiveValue(received.message, port) }
  })
  workerThreads.setEnvironmentData(PARENT_WATCHES, true)
}

hookSenders()
hookReceivers()
Reflect.set(workerThreads, 'workerData', receiveValue(workerThreads.workerData, null))
syncBuiltinESMExports()

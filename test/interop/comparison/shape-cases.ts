// What a program sees of the interfaces without using them: properties, their attributes, and calls on the wrong object.
import type { Random } from './random.js'
import type { Api, Trace } from './trace.js'
import { oddity } from './values.js'

const interfaces = [
  ...[
    'AudioData',
    'AudioDecoder',
    'AudioEncoder',
    'EncodedAudioChunk',
    'EncodedVideoChunk',
    'ImageDecoder',
    'ImageTrack',
    'ImageTrackList',
  ],
  ...['VideoColorSpace', 'VideoDecoder', 'VideoEncoder', 'VideoFrame'],
] as (keyof Api)[]

/** Members that give promises, which take the place of what would be thrown. */
const promised = ['VideoFrame.copyTo', 'ImageDecoder.decode', 'ImageDecoder.completed', 'ImageTrackList.ready']

function describeProperty(object: object, key: string | symbol) {
  const { value, get, set, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(object, key)!
  const describeFunction = (f: unknown) => (typeof f === 'function' ? { name: f.name, length: f.length } : null)
  return {
    ...{
      value: typeof value === 'function' ? describeFunction(value) : typeof value === 'string' ? value : typeof value,
    },
    ...{ get: describeFunction(get), set: describeFunction(set) },
    ...{ writable: writable ?? null, enumerable: enumerable ?? null, configurable: configurable ?? null },
  }
}

function noteProperties(trace: Trace, name: string, object: object): void {
  for (const key of Reflect.ownKeys(object).sort((a, b) => (String(a) < String(b) ? -1 : 1))) {
    if (key === 'prototype' && name.includes('.prototype')) continue
    trace.note(`${name}.${String(key)}`, 'descriptor', 'ok', describeProperty(object, key) as never)
  }
}

/** All properties of each interface; the same in every case. */
export function runShapeCase(api: Api, _random: Random, trace: Trace): void {
  for (const name of interfaces) {
    const interfaceObject = api[name]
    noteProperties(trace, name, interfaceObject)
    noteProperties(trace, `${name}.prototype`, interfaceObject.prototype)
    trace.note(name, 'tag', 'ok', Object.prototype.toString.call(Object.create(interfaceObject.prototype)))
    trace.note(name, 'parent', 'ok', Object.getPrototypeOf(interfaceObject).name)
    trace.attempt(`${name}.constructor`, 'without new', () => Reflect.apply(interfaceObject as never, undefined, [{}]))
    trace.attempt(`${name}.constructor`, 'without arguments', () => Reflect.construct(interfaceObject, []))
  }
}

/** Each attribute and method on an object that is not of the interface. */
export async function runWrongObjectCase(api: Api, random: Random, trace: Trace): Promise<void> {
  for (const name of interfaces) {
    const { prototype } = api[name]
    for (const key of Object.getOwnPropertyNames(prototype).sort()) {
      if (key === 'constructor') continue
      const { get, set, value } = Object.getOwnPropertyDescriptor(prototype, key)!
      const receiver = random.pick<() => unknown>([() => ({}), () => prototype, () => null, () => oddity(random)])()
      const isPromised = key === 'flush' || promised.includes(`${name}.${key}`)
      if (get) {
        const read = () => Reflect.apply(get, receiver, [])
        if (isPromised) await trace.attemptAsync(`${name}.${key}`, 'get on the wrong object', read)
        else trace.attempt(`${name}.${key}`, 'get on the wrong object', read)
      }
      if (set) trace.attempt(`${name}.${key}`, 'set on the wrong object', () => Reflect.apply(set, receiver, [null]))
      if (typeof value === 'function') {
        const call = () => Reflect.apply(value, receiver, [{}, {}]) as never
        if (isPromised) await trace.attemptAsync(`${name}.${key}`, 'call on the wrong object', call)
        else trace.attempt(`${name}.${key}`, 'call on the wrong object', call)
      }
    }
  }
}

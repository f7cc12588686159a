import { expect, it } from 'vitest'
import { VideoEncoder, VideoFrame } from '../../lib/index.js'

const NAMES = [
  'AudioData',
  'AudioDecoder',
  'AudioEncoder',
  'EncodedAudioChunk',
  'EncodedVideoChunk',
  'ImageDecoder',
  'ImageTrack',
  'ImageTrackList',
  'VideoColorSpace',
  'VideoDecoder',
  'VideoEncoder',
  'VideoFrame',
  'DOMRectReadOnly',
]
const globals = globalThis as Record<string, unknown>

it('installs what is missing, and replaces when it is forced to', async () => {
  const existing = class {}
  globals['VideoEncoder'] = existing
  const { register } = await import('../../lib/register.js')
  expect(NAMES.filter((name) => !(name in globalThis))).toEqual([])
  expect(globals['VideoEncoder']).toBe(existing)
  expect(globals['VideoFrame']).toBe(VideoFrame)
  expect(Object.getOwnPropertyDescriptor(globalThis, 'VideoFrame')).toMatchObject({
    writable: true,
    configurable: true,
    enumerable: false,
  })
  register({ force: true })
  expect(globals['VideoEncoder']).toBe(VideoEncoder)
})

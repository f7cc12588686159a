/** Importing this module makes WebCodecs global, as in browsers, where the runtime has none of its own. */
import { AudioData } from './audio-data.js'
import { AudioDecoder } from './audio-decoder.js'
import { AudioEncoder } from './audio-encoder.js'
import { DOMRectReadOnly } from './dom-rect.js'
import { EncodedAudioChunk } from './encoded-audio-chunk.js'
import { EncodedVideoChunk } from './encoded-video-chunk.js'
import { ImageDecoder } from './image-decoder.js'
import { ImageTrack, ImageTrackList } from './image-track.js'
import { VideoColorSpace } from './video-color-space.js'
import { VideoDecoder } from './video-decoder.js'
import { VideoEncoder } from './video-encoder.js'
import { VideoFrame } from './video-frame.js'

const INTERFACES = {
  AudioData,
  AudioDecoder,
  AudioEncoder,
  EncodedAudioChunk,
  EncodedVideoChunk,
  ImageDecoder,
  ImageTrack,
  ImageTrackList,
  VideoColorSpace,
  VideoDecoder,
  VideoEncoder,
  VideoFrame,
}

function install(name: string, value: unknown, replace: boolean): void {
  if (!replace && name in globalThis) return
  // The attributes that Web IDL gives to interface objects.
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })
}

/**
 * Installs the interfaces of WebCodecs, and DOMRectReadOnly, on globalThis where they are missing.
 * @param options.force whether to replace an implementation of WebCodecs that is there already
 */
export function register({ force = false }: { force?: boolean } = {}): void {
  for (const [name, value] of Object.entries(INTERFACES)) install(name, value, force)
  install('DOMRectReadOnly', DOMRectReadOnly, false)
}

register()

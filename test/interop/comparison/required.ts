// What a run of generated cases has to reach: every constructor, attribute and method, and each of its outcomes.

/** For each member the outcomes that the specification gives it. */
const outcomes: Record<string, Record<string, string>> = {
  VideoColorSpace: {
    constructor: 'ok TypeError',
    ...{ primaries: 'ok TypeError', transfer: 'ok TypeError', matrix: 'ok TypeError', fullRange: 'ok TypeError' },
    toJSON: 'ok TypeError',
  },
  EncodedVideoChunk: {
    constructor: 'ok TypeError DataCloneError',
    ...{ type: 'ok TypeError', timestamp: 'ok TypeError', duration: 'ok TypeError', byteLength: 'ok TypeError' },
    copyTo: 'ok TypeError',
  },
  EncodedAudioChunk: {
    constructor: 'ok TypeError DataCloneError',
    ...{ type: 'ok TypeError', timestamp: 'ok TypeError', duration: 'ok TypeError', byteLength: 'ok TypeError' },
    copyTo: 'ok TypeError',
  },
  AudioData: {
    constructor: 'ok TypeError DataCloneError',
    ...{ format: 'ok TypeError', sampleRate: 'ok TypeError', numberOfFrames: 'ok TypeError' },
    ...{ numberOfChannels: 'ok TypeError', duration: 'ok TypeError', timestamp: 'ok TypeError' },
    ...{ allocationSize: 'ok TypeError RangeError InvalidStateError' },
    ...{ copyTo: 'ok TypeError RangeError InvalidStateError' },
    ...{ clone: 'ok TypeError InvalidStateError', close: 'ok TypeError' },
  },
  ImageDecoder: {
    constructor: 'ok TypeError DataCloneError',
    ...{ type: 'ok TypeError', complete: 'ok TypeError', completed: 'ok TypeError', tracks: 'ok TypeError' },
    ...{ decode: 'ok TypeError RangeError InvalidStateError AbortError', reset: 'ok TypeError' },
    ...{ close: 'ok TypeError', isTypeSupported: 'ok TypeError' },
  },
  ImageTrackList: {
    ...{ ready: 'ok TypeError', length: 'ok TypeError', selectedIndex: 'ok TypeError', selectedTrack: 'ok TypeError' },
  },
  ImageTrack: {
    ...{ animated: 'ok TypeError', frameCount: 'ok TypeError', repetitionCount: 'ok TypeError' },
    selected: 'ok TypeError',
  },
  VideoFrame: {
    constructor: 'ok TypeError DataCloneError InvalidStateError',
    ...{ format: 'ok TypeError', codedWidth: 'ok TypeError', codedHeight: 'ok TypeError', codedRect: 'ok TypeError' },
    ...{ visibleRect: 'ok TypeError', rotation: 'ok TypeError', flip: 'ok TypeError', displayWidth: 'ok TypeError' },
    ...{ displayHeight: 'ok TypeError', duration: 'ok TypeError', timestamp: 'ok TypeError' },
    ...{ colorSpace: 'ok TypeError', metadata: 'ok TypeError InvalidStateError' },
    allocationSize: 'ok TypeError InvalidStateError NotSupportedError',
    copyTo: 'ok TypeError InvalidStateError NotSupportedError',
    ...{ clone: 'ok TypeError InvalidStateError', close: 'ok TypeError' },
  },
  VideoDecoder: {
    ...{ constructor: 'ok TypeError', state: 'ok TypeError', decodeQueueSize: 'ok TypeError' },
    ...{ ondequeue: 'ok TypeError', configure: 'ok TypeError InvalidStateError' },
    decode: 'ok TypeError InvalidStateError DataError',
    flush: 'ok TypeError InvalidStateError AbortError',
    ...{ reset: 'ok TypeError InvalidStateError', close: 'ok TypeError InvalidStateError' },
    isConfigSupported: 'ok TypeError',
  },
  VideoEncoder: {
    ...{ constructor: 'ok TypeError', state: 'ok TypeError', encodeQueueSize: 'ok TypeError' },
    ...{ ondequeue: 'ok TypeError', configure: 'ok TypeError InvalidStateError' },
    encode: 'ok TypeError InvalidStateError DataError',
    flush: 'ok TypeError InvalidStateError AbortError',
    ...{ reset: 'ok TypeError InvalidStateError', close: 'ok TypeError InvalidStateError' },
    isConfigSupported: 'ok TypeError',
  },
  AudioDecoder: {
    ...{ constructor: 'ok TypeError', state: 'ok TypeError', decodeQueueSize: 'ok TypeError' },
    ...{ ondequeue: 'ok TypeError', configure: 'ok TypeError InvalidStateError' },
    decode: 'ok TypeError InvalidStateError DataError',
    flush: 'ok TypeError InvalidStateError AbortError',
    ...{ reset: 'ok TypeError InvalidStateError', close: 'ok TypeError InvalidStateError' },
    isConfigSupported: 'ok TypeError',
  },
  AudioEncoder: {
    ...{ constructor: 'ok TypeError', state: 'ok TypeError', encodeQueueSize: 'ok TypeError' },
    ...{ ondequeue: 'ok TypeError', configure: 'ok TypeError InvalidStateError' },
    encode: 'ok TypeError InvalidStateError',
    flush: 'ok TypeError InvalidStateError AbortError',
    ...{ reset: 'ok TypeError InvalidStateError', close: 'ok TypeError InvalidStateError' },
    isConfigSupported: 'ok TypeError',
  },
}

export const required: readonly string[] = [
  ...Object.entries(outcomes).flatMap(([name, members]) =>
    Object.entries(members).flatMap(([member, list]) =>
      list.split(' ').map((outcome) => `${name}.${member}: ${outcome}`),
    ),
  ),
  ...['output: ok', 'error: NotSupportedError', 'error: EncodingError'],
]

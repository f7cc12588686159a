// Where Chromium and this package are known to differ. `where` is the first cell of the row in docs/differences.md that
// tells why.
import { equalValues, type Plain, type Step } from './trace.js'

export interface KnownDifference {
  where: string
  /** Whether what was observed differs for this reason. `before`: what was observed until then. */
  applies: (ours: Step, theirs: Step, before: readonly Step[]) => boolean
  /** Whether what comes after can still be compared. */
  continues: boolean
}

type Members = { [key: string]: Plain }

/** The value without the member at this path. */
function without(value: Plain, [first, ...rest]: string[]): Plain {
  if (!isMembers(value) || first === undefined) return value
  const { [first]: member, ...others } = value
  return rest.length > 0 && member !== undefined ? { ...others, [first]: without(member, rest) } : others
}

/** Whether both have the same but for the member at this path, which Chromium alone has. */
const onlyChromiumHas = (ours: Step, theirs: Step, path: string[]): boolean =>
  ours.outcome === theirs.outcome && equalValues(ours.value, without(theirs.value, path))

/** What Chromium says of a chunk, without what it has of its own, and with what it says otherwise put as here. */
function asHere(theirs: Members, ours: Members): Members {
  if (!isMembers(theirs) || !isMembers(ours) || !isMembers(theirs['metadata']) || !isMembers(ours['metadata']))
    return theirs
  const plainer = without(
    without(theirs, ['metadata', 'decoderConfig', 'hardwareAcceleration']),
    oneLayer(theirs, ours),
  )
  const result = plainer as Members
  if (ours['duration'] === null && result['duration'] === 0) result['duration'] = null
  const [mine, other] = [colorOf(ours), colorOf(result)]
  // RGB input is full range in Chromium, or BT.601 before version 153, and limited range here.
  const isRgb = ['iec61966-2-1', 'smpte170m'].includes(String(other?.['transfer']))
  if (mine && other && isRgb && mine['transfer'] === 'iec61966-2-1') Object.assign(other, mine)
  return result
}

const isMembers = (value: Plain | undefined): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Chromium tells the layer of a stream that has but one. */
const oneLayer = (theirs: Members, ours: Members): string[] =>
  (ours['metadata'] as Members)['svc'] === undefined &&
  equalValues((theirs['metadata'] as Members)['svc'] ?? null, { temporalLayerId: 0 })
    ? ['metadata', 'svc']
    : []

function colorOf({ metadata }: Members): Members | undefined {
  const config = isMembers(metadata) ? metadata['decoderConfig'] : undefined
  const color = isMembers(config) ? config['colorSpace'] : undefined
  return isMembers(color) ? color : undefined
}

const afterClose = (before: readonly Step[]) =>
  before.some(({ member }) => member.endsWith('.close') || member === 'error')

const withoutTurn = (frame: Plain): Plain =>
  ['rotation', 'displayWidth', 'displayHeight'].reduce((rest, name) => without(rest, [name]), frame)

/** A chunk without what tells whether the stream begins anew with it; a duration that is not known is 0 in Chromium. */
function withoutStart(chunk: Plain): Plain {
  const rest = without(without(chunk, ['type']), ['metadata'])
  return isMembers(rest) && rest['duration'] === null ? { ...rest, duration: 0 } : rest
}

const onlyColorDiffers = (call: string, ours: Plain, theirs: Step): boolean =>
  call === 'frame' && equalValues(without(ours, ['colorSpace']), without(theirs.value, ['colorSpace']))

const lastOf = (steps: readonly Step[], member: string) => steps.findLast((step) => step.member === member)

const hasConfigured = (before: readonly Step[], codec: string): boolean =>
  before.some(({ member, call }) => member === 'VideoDecoder.configure' && call.includes(`codec: ${codec}`))

const displaySize = /^VideoFrame.display(Width|Height)$/

const fraction = /(x|y|width|height): \d*\.\d/

export const knownDifferences: readonly KnownDifference[] = [
  {
    where: 'coded size of frames',
    applies: ({ member }) => /^VideoFrame.coded(Width|Height|Rect)$/.test(member),
    continues: true,
  },
  {
    where: 'place of the visible rectangle in frames from data',
    applies: ({ member, value }, theirs) => {
      if (member !== 'VideoFrame.visibleRect' || value === null || theirs.value === null) return false
      const [mine, other] = [value as Members, theirs.value as Members]
      return (
        other['x'] === 0 && other['y'] === 0 && mine['width'] === other['width'] && mine['height'] === other['height']
      )
    },
    // Rectangles to copy lie elsewhere from here on.
    continues: false,
  },
  {
    where: 'place of the visible rectangle in frames from data',
    applies: ({ member, call, outcome }, theirs, before) =>
      member === 'VideoFrame.constructor' &&
      call.startsWith('a frame') &&
      outcome === 'ok' &&
      theirs.outcome === 'TypeError' &&
      /visibleRect/.test(before[0]?.call ?? ''),
    continues: false,
  },
  {
    where: "`alpha: 'discard'` of a frame with alpha",
    applies: ({ member, call, outcome }, theirs, before) =>
      member === 'VideoFrame.constructor' &&
      call.startsWith('a frame') &&
      call.includes('alpha: "discard"') &&
      outcome === 'ok' &&
      theirs.outcome === 'OperationError' &&
      /^I4(20AP|22A|44A)/.test(String(lastOf(before, 'VideoFrame.format')?.value)),
    continues: false,
  },
  {
    where: '`colorSpace` of a closed frame',
    applies: ({ member }, { value }) =>
      member === 'VideoFrame.colorSpace' && Object.values(value as object).every((entry) => entry === null),
    continues: true,
  },
  {
    where: 'rectangles with fractions',
    applies: ({ member, call, outcome }, theirs) =>
      /^VideoFrame/.test(member) && fraction.test(call) && outcome === 'TypeError' && theirs.outcome === 'ok',
    continues: false,
  },
  {
    where: '`contentHint` in the echo of a configuration',
    applies: (ours, theirs) =>
      ours.member === 'VideoEncoder.isConfigSupported' && onlyChromiumHas(ours, theirs, ['config', 'contentHint']),
    continues: true,
  },
  {
    where: '`metadata.decoderConfig`, `metadata.svc`, `duration` and colour of chunks',
    applies: ({ member, value }, theirs) =>
      member === 'output' &&
      isMembers(value) &&
      isMembers(theirs.value) &&
      equalValues(value, asHere(theirs.value, value)),
    continues: true,
  },
  {
    where: 'a configuration that is not valid, given to a closed codec',
    applies: ({ member, outcome }, theirs, before) =>
      /configure$/.test(member) &&
      outcome === 'TypeError' &&
      theirs.outcome === 'InvalidStateError' &&
      afterClose(before),
    continues: true,
  },
  {
    where: '`encode()` of a closed frame on a codec that is not configured',
    applies: ({ member, call, outcome }, theirs) =>
      /^(Video|Audio)Encoder.encode$/.test(member) &&
      /^(a closed frame|closed data)/.test(call) &&
      outcome === 'TypeError' &&
      theirs.outcome === 'InvalidStateError',
    continues: true,
  },
  {
    where: '`dequeue` without work',
    applies: ({ member, value }) => /ondequeue$/.test(member) && value === false,
    continues: true,
  },
  {
    where: 'a bitrate of 0',
    applies: ({ member, call, outcome }, theirs) =>
      /^VideoEncoder/.test(member) && /bitrate: 0/.test(call) && outcome === 'ok' && theirs.outcome === 'TypeError',
    continues: false,
  },
  {
    where: 'conversions from 10 and 12 bits, and of formats with alpha',
    applies: ({ member, call, outcome }, theirs) =>
      member === 'VideoFrame.copyTo' &&
      /format/.test(call) &&
      outcome === 'ok' &&
      theirs.outcome === 'InvalidStateError',
    continues: true,
  },
  {
    where: '`transfer` when the constructor throws',
    applies: ({ call, value }, theirs, before) =>
      call === 'the data afterwards' &&
      before.at(-2)?.outcome === 'TypeError' &&
      value !== theirs.value &&
      theirs.value === '0 bytes',
    continues: true,
  },
  {
    where: 'a `transfer` list and a size that are both not valid',
    applies: ({ member, call, outcome }, theirs) =>
      member === 'VideoFrame.constructor' &&
      /transfer/.test(call) &&
      outcome === 'TypeError' &&
      theirs.outcome === 'DataCloneError',
    continues: true,
  },
  {
    where: '`rotation` of a VideoDecoderConfig',
    applies: ({ member, call, outcome }, theirs) =>
      /^VideoDecoder/.test(member) &&
      /rotation/.test(call) &&
      outcome === 'TypeError' &&
      theirs.outcome !== 'TypeError',
    continues: false,
  },
  {
    where: '`rotation` of a VideoDecoderConfig',
    applies: ({ call, value }, theirs, before) =>
      call === 'frame' &&
      before.some((step) => step.member === 'VideoDecoder.configure' && /rotation: -/.test(step.call)) &&
      equalValues(withoutTurn(value), withoutTurn(theirs.value)),
    continues: true,
  },
  {
    where: '`rotation` of a VideoDecoderConfig',
    applies: ({ member, call, value }, theirs) =>
      member === 'VideoDecoder.isConfigSupported' &&
      /rotation/.test(call) &&
      equalValues(without(value, ['config', 'rotation']), without(theirs.value, ['config', 'rotation'])),
    continues: true,
  },
  {
    where: 'colour space of VP8 and VP9 frames when the configuration has none',
    applies: ({ call, value }, theirs, before) => onlyColorDiffers(call, value, theirs) && hasConfigured(before, '"vp'),
    continues: true,
  },
  {
    where: '`colorSpace` of a VideoDecoderConfig over what an H.264 stream tells',
    applies: ({ call, value }, theirs, before) => onlyColorDiffers(call, value, theirs) && hasConfigured(before, '"a'),
    continues: true,
  },
  {
    where: '`timestamp` and `duration` of a VideoFrameInit that are out of range',
    applies: ({ member, call }, theirs) =>
      member === 'VideoFrame.constructor' &&
      call.startsWith('a frame') &&
      /(timestamp|duration): ./.test(call) &&
      theirs.outcome === 'TypeError',
    continues: false,
  },
  {
    where: 'display size of a cropped frame',
    applies: ({ member }, _, before) =>
      displaySize.test(member) && /visibleRect/.test(lastOf(before, 'VideoFrame.constructor')?.call ?? ''),
    continues: true,
  },
  {
    where: '`displayWidth` and `displayHeight` beside a `rotation`',
    applies: ({ member }, _, before) =>
      displaySize.test(member) && before.some(({ call }) => /displayWidth/.test(call)),
    continues: true,
  },
  {
    where: 'bitrates beyond 32 bits',
    applies: ({ member }, _, before) =>
      (member === 'error' || /flush$/.test(member)) &&
      /bitrate: \d{10}/.test(lastOf(before, 'VideoEncoder.configure')?.call ?? ''),
    continues: false,
  },
  {
    where: 'sizes beyond those of any picture',
    applies: ({ member, call, outcome }, theirs) =>
      /^Video(En|De)coder/.test(member) && /\d{10}/.test(call) && outcome === 'ok' && theirs.outcome === 'TypeError',
    continues: false,
  },
  {
    where: '`displayWidth` or `displayHeight` alone',
    applies: ({ member, call, outcome }, theirs) =>
      /^VideoEncoder/.test(member) &&
      /displayWidth/.test(call) !== /displayHeight/.test(call) &&
      outcome === 'ok' &&
      theirs.outcome === 'TypeError',
    continues: false,
  },
  {
    where: 'work before a configuration that is not supported',
    applies: ({ member }, theirs) =>
      (member === 'output' || /flush$/.test(member)) &&
      theirs.member === 'error' &&
      theirs.outcome === 'NotSupportedError',
    continues: false,
  },
  {
    where: '`reset()` before an error',
    applies: (_, theirs, before) =>
      theirs.member === 'error' &&
      /^(NotSupported|Encoding)Error$/.test(theirs.outcome) &&
      before.some(({ member, outcome }) => member.endsWith('.reset') && outcome === 'ok'),
    continues: false,
  },
  {
    where: '`flush()` in some states',
    applies: ({ member }, theirs) => /flush$/.test(member) && theirs.call === 'took too long',
    continues: false,
  },
  {
    where: 'orientation after a `configure()` that throws',
    applies: ({ member, call }, theirs, before) =>
      member === 'VideoEncoder.encode' &&
      /rotation/.test(call) &&
      (theirs.outcome === 'DataError' || theirs.outcome === 'ok') &&
      before.some((step) => step.member === 'VideoEncoder.configure' && step.outcome === 'TypeError'),
    continues: false,
  },
  {
    where: '`configure()` again',
    applies: ({ member, value }, theirs, before) =>
      member === 'output' &&
      before.filter((step) => step.member === 'VideoEncoder.configure' && step.outcome === 'ok').length > 1 &&
      equalValues(withoutStart(value), withoutStart(theirs.value)),
    continues: true,
  },
  {
    where: 'key frames that nobody asked for',
    applies: ({ member, value }, theirs) =>
      member === 'output' &&
      isMembers(value) &&
      isMembers(theirs.value) &&
      value['type'] === 'delta' &&
      equalValues(value, asHere({ ...theirs.value, type: 'delta' }, value)),
    continues: true,
  },
  {
    where: 'error of a configuration that is not supported',
    applies: ({ member, outcome }, theirs) =>
      /^error$|flush$/.test(member) &&
      outcome === 'NotSupportedError' &&
      theirs.member === member &&
      theirs.outcome === 'OperationError',
    continues: true,
  },
  {
    where: 'fractions of a sample rate',
    applies: ({ member, value }, theirs) =>
      /^AudioData.(sampleRate|duration)$/.test(member) && Math.abs(Number(value) - Number(theirs.value)) < 50,
    continues: true,
  },
  {
    where: 'sample rates below 3 kHz',
    applies: ({ member }, theirs) => member === 'AudioData.constructor' && theirs.outcome === 'NotSupportedError',
    continues: false,
  },
  {
    where: 'rectangles that split samples, in conversions',
    applies: ({ member, call, outcome }, theirs) =>
      /^VideoFrame.(allocationSize|copyTo)$/.test(member) &&
      /rect: .*format: /.test(call) &&
      outcome === 'TypeError' &&
      theirs.outcome !== 'TypeError',
    continues: true,
  },
  {
    where: '`desiredWidth` or `desiredHeight` alone',
    applies: ({ member, call, outcome }, theirs) =>
      member === 'ImageDecoder.constructor' &&
      /desired/.test(call) &&
      outcome === 'TypeError' &&
      theirs.outcome === 'ok',
    continues: false,
  },
  {
    where: '`ImageDecoder.isTypeSupported()` of what is no type of an image',
    applies: ({ member, outcome }, theirs) =>
      member === 'ImageDecoder.isTypeSupported' && outcome === 'TypeError' && theirs.value === false,
    continues: true,
  },
  {
    where: '`transfer` of a part of a buffer to an ImageDecoder',
    applies: ({ member, outcome }, theirs, before) =>
      member === 'ImageTrackList.ready' &&
      outcome === 'ok' &&
      theirs.outcome === 'InvalidStateError' &&
      before.some((step) => step.member === 'ImageDecoder.constructor' && /transfer/.test(step.call)),
    continues: false,
  },
  {
    where: '`flush()` in some states',
    applies: ({ member, outcome }, theirs) =>
      /flush$/.test(member) &&
      theirs.member === member &&
      [outcome, theirs.outcome].sort().join() === 'AbortError,InvalidStateError',
    continues: true,
  },
  {
    where: '`completed` of an ImageDecoder for what is not supported',
    applies: ({ member }, theirs) => member === 'ImageDecoder.completed' && theirs.value === 'pending',
    continues: false,
  },
  {
    where: 'rectangles in frames of `I422A`',
    applies: ({ call, outcome }, theirs, before) =>
      /"I422A/.test(before[0]?.call ?? '') &&
      /[rR]ect: .*y: \d*[13579],/.test(call) &&
      outcome === 'ok' &&
      theirs.outcome === 'TypeError',
    continues: false,
  },
  {
    where: 'timestamps of decoded sound',
    applies: ({ member, value }, theirs, before) =>
      member === 'output' &&
      equalValues(without(value, ['timestamp']), without(theirs.value, ['timestamp'])) &&
      (before.filter((step) => step.member === 'AudioDecoder.configure').length > 1 ||
        before.some(({ call, outcome }) => /^a (delta chunk|chunk of noise)/.test(call) && outcome === 'ok')),
    continues: true,
  },
  {
    where: 'an empty `description` in the echo of a configuration',
    applies: (ours, theirs) =>
      ours.member === 'AudioDecoder.isConfigSupported' &&
      /description: [^,]*\(0\)/.test(ours.call) &&
      ours.outcome === theirs.outcome &&
      equalValues(without(ours.value, ['config', 'description']), theirs.value),
    continues: true,
  },
  {
    where: '`sampleRate` and `numberOfChannels` of an AudioDecoderConfig that no sound has',
    applies: ({ member, call, outcome }, theirs) =>
      /^AudioDecoder/.test(member) &&
      !/sampleRate: (8000|48000)\b.*numberOfChannels: [12]\b/.test(call) &&
      outcome === 'ok' &&
      theirs.outcome === 'TypeError',
    continues: false,
  },
  {
    where: 'FLAC and Vorbis without a description',
    applies: ({ member, call, outcome }, theirs) =>
      /^AudioDecoder/.test(member) &&
      /codec: "flac"/.test(call) &&
      !/description: Uint8Array\(ArrayBuffer\(42\)/.test(call) &&
      outcome === 'ok' &&
      theirs.outcome === 'TypeError',
    continues: false,
  },
  {
    where: '`sampleRate` and `numberOfChannels` of an AudioEncoderConfig that no sound has',
    applies: ({ member, call, outcome }, theirs) =>
      /^AudioEncoder/.test(member) &&
      !/sampleRate: 48000, numberOfChannels: [12]\b/.test(call) &&
      outcome === 'TypeError' &&
      theirs.outcome === 'ok',
    continues: false,
  },
  {
    where: 'options of Opus that are not supported',
    applies: ({ member, call, outcome }, theirs) =>
      /^AudioEncoder/.test(member) &&
      /format: "ogg"/.test(call) &&
      outcome === 'ok' &&
      theirs.outcome === 'NotSupportedError',
    continues: false,
  },
  {
    where: '`decoderConfig` after the same configuration again',
    applies: ({ member, value }, theirs, before) =>
      member === 'output' &&
      isMembers(value) &&
      isMembers(theirs.value) &&
      before.filter((step) => step.member === 'AudioEncoder.configure' && step.outcome === 'ok').length > 1 &&
      equalValues(without(value, ['metadata', 'decoderConfig']), theirs.value),
    continues: true,
  },
  {
    where: 'timestamps of chunks',
    applies: ({ member, value }, theirs) =>
      member === 'output' &&
      isMembers(value) &&
      isMembers(theirs.value) &&
      Number(value['timestamp']) - Number(theirs.value['timestamp']) === 1 &&
      equalValues(without(value, ['timestamp']), without(theirs.value, ['timestamp'])),
    continues: true,
  },
  {
    where: 'work before an error',
    applies: ({ member }, theirs) =>
      member === 'output' && theirs.member === 'error' && theirs.outcome === 'EncodingError',
    continues: false,
  },
  {
    where: '`configure()` of an AudioEncoder again',
    applies: ({ member }, theirs, before) =>
      (member === 'output' || theirs.member === 'output') &&
      before.filter((step) => step.member === 'AudioEncoder.configure' && step.outcome === 'ok').length > 1,
    continues: false,
  },
]

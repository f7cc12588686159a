// What ffmpeg is told so that a library encodes with the settings that the plans in src/plan/ give it for a variable
// bitrate.
import { availableParallelism } from 'node:os'
import { framerate } from './source.mjs'

const processors = availableParallelism()
const atMost = (limit) => String(Math.min(processors, limit))
const parameters = (values) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(':')

/** The benchmark compares what both streams say of themselves, and tells when they differ. */
function x264({ latencyMode, level, bitrate, maxRate, bufferSize }) {
  const common = ['-profile:v', 'high', '-level:v', level, '-b:v', String(bitrate)]
  if (latencyMode === 'realtime') {
    return [
      ...[...common, '-preset', 'superfast', '-tune', 'zerolatency', '-threads', String(processors)],
      ...['-maxrate', String(bitrate), '-bufsize', String(Math.round((bitrate * 8) / framerate))],
      ...['-g', String(2 ** 30), '-bf', '0', '-refs', '1', '-x264-params', 'scenecut=0'],
    ]
  }
  return [
    ...[...common, '-preset', 'medium', '-threads', String(Math.floor((processors * 3) / 2))],
    ...['-maxrate', String(maxRate), '-bufsize', String(bufferSize)],
    ...['-g', '250', '-bf', '3', '-refs', '3'],
  ]
}

/** In realtime the library's own rate control, in the place of ours. */
function x265({ latencyMode, level, bitrate }) {
  const realtime = latencyMode === 'realtime'
  const pools = atMost(6)
  const common = { 'log-level': 'none', info: 0, 'open-gop': 0, 'level-idc': level, 'high-tier': 0, pools }
  const mode = realtime
    ? { keyint: -1, bframes: 0, ref: 1, 'frame-threads': 1, scenecut: 0 }
    : { keyint: 250, bframes: 4, ref: 3, 'frame-threads': processors >= 4 ? 2 : 1 }
  const preset = realtime ? ['-preset', 'ultrafast', '-tune', 'zerolatency'] : ['-preset', 'medium']
  return [...preset, '-profile:v', 'main', '-b:v', String(bitrate), '-x265-params', parameters({ ...common, ...mode })]
}

/**
 * What ffmpeg takes for a constant rate. The buffer holds `seconds`, and at first `initial`; the level at which it is
 * best, which we set to that, is five sixths of the whole for ffmpeg.
 */
function constantRate(bitrate, seconds, initial) {
  const rates = ['-b:v', '-minrate', '-maxrate'].flatMap((name) => [name, String(bitrate)])
  const bits = (duration) => String(Math.round(bitrate * duration))
  return [...rates, '-bufsize', bits(seconds), '-rc_init_occupancy', bits(initial)]
}

const noKeyFrames = ['-g', String(2 ** 30)]

function vp8({ latencyMode, bitrate }) {
  const threads = Math.min(latencyMode === 'realtime' ? Math.max(1, processors - 1) : processors, 4)
  const sharing = ['-threads', String(threads), '-slices', threads > 1 ? '2' : '1']
  const common = ['-b:v', String(bitrate), '-qmin', '0', '-lag-in-frames', '0', ...sharing]
  return latencyMode === 'realtime'
    ? [...common, '-deadline', 'realtime', '-cpu-used', '-6', '-static-thresh', '100', ...noKeyFrames]
    : [...common, '-deadline', 'good', '-cpu-used', '2', '-g', '250']
}

/** All but `gf-cbr-boost`, which ffmpeg cannot set. */
function vp9({ latencyMode, bitrate }) {
  const tools = ['-row-mt', '1', '-tile-columns', '2', '-aq-mode', '0', '-lag-in-frames', '0', '-threads', atMost(4)]
  return latencyMode === 'realtime'
    ? [
        ...[...tools, ...constantRate(bitrate, 4, 2), '-deadline', 'realtime', '-cpu-used', '8'],
        ...['-tune-content', '1', ...noKeyFrames],
      ]
    : [...tools, '-b:v', String(bitrate), '-deadline', 'good', '-cpu-used', '2', '-g', '250']
}

const aomTools = {
  'enable-order-hint': 0,
  'enable-obmc': 0,
  'enable-warped-motion': 0,
  'enable-global-motion': 0,
  'enable-ref-frame-mvs': 0,
  'enable-cfl-intra': 0,
  'enable-smooth-intra': 0,
  'enable-angle-delta': 0,
  'enable-filter-intra': 0,
  'enable-intrabc': 0,
  'use-intra-default-tx-only': 1,
  'deltaq-mode': 0,
  'enable-tpl-model': 0,
  'coeff-cost-upd-freq': 3,
  'mode-cost-upd-freq': 3,
  'mv-cost-upd-freq': 3,
}

/** `usage` and `speed`: if they are not the plan's. In the good usage the library's own choice of tools. */
function aom({ latencyMode, bitrate, usage = 'realtime', speed = latencyMode === 'realtime' ? 9 : 6 }) {
  const threads = Math.min(processors, 4)
  const columns = String(Math.floor(Math.log2(threads)))
  const common = ['-usage', usage, '-row-mt', '1', '-tile-columns', columns, '-threads', String(threads)]
  if (usage === 'good') return [...common, '-b:v', String(bitrate), '-cpu-used', String(speed), '-g', '250']
  return [
    ...[...common, '-lag-in-frames', '0', ...constantRate(bitrate, 0.6, 0.4), '-g', '9999'],
    ...['-undershoot-pct', '50', '-overshoot-pct', '50', '-aq-mode', '3', '-qmin', '1', '-qmax', '63'],
    // ffmpeg's own -cpu-used ends at 8.
    ...['-aom-params', parameters({ 'cpu-used': speed, ...aomTools })],
  ]
}

function svtAv1({ bitrate, speed = 8, parameters: more }) {
  const own = parameters({ lp: processors, ...more })
  return ['-preset', String(speed), '-b:v', String(bitrate), '-g', '250', '-svtav1-params', own]
}

const libraries = {
  libx264: x264,
  libx265: x265,
  libvpx: vp8,
  'libvpx-vp9': vp9,
  'libaom-av1': aom,
  libsvtav1: svtAv1,
}

/** ffmpeg's options of the encoder. */
export function encoderArguments(encodeCase) {
  return ['-c:v', encodeCase.encoder, ...libraries[encodeCase.encoder](encodeCase)]
}

/** Settings by name. */
import { JobError } from './errors.js'
import type { ParsedAudio, ParsedVideo, RenditionDescription } from './job.js'

export interface Preset {
  readonly video?: ParsedVideo
  readonly audio?: ParsedAudio
}

const PRESETS: Readonly<Record<string, Preset>> = {
  /** Plays everywhere, in a size and at a quality that suit a page. */
  web: {
    video: { codec: 'h264', height: 1080, width: 1920, fit: 'inside', enlarge: false, quality: 23, bitDepth: 8 },
    audio: { codec: 'aac', bitrate: 128_000 },
  },
  /** As small as it may be where the picture still has to be recognised, for previews. */
  preview: {
    video: { codec: 'h264', height: 360, width: 640, fit: 'inside', enlarge: false, quality: 30, bitDepth: 8 },
    audio: { codec: 'aac', bitrate: 64_000 },
  },
  /** Next to no loss, to edit or encode again later. */
  archive: {
    video: { codec: 'h264', quality: 14, encoderOptions: { preset: 'slow' }, keyframeInterval: 1 },
    audio: { codec: 'flac' },
  },
}

export const presetNames: readonly string[] = Object.keys(PRESETS)

/** @throws JobError when there is none of that name */
export function presetNamed(name: string): Preset {
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined
  if (!preset) throw new JobError(`expected one of ${presetNames.join(', ')} for preset but received "${name}"`)
  return preset
}

/** The preset of batches that makes three sizes of each source, none larger than it. */
export const LADDER: { readonly name: string; readonly renditions: readonly RenditionDescription[] } = {
  name: 'ladder',
  renditions: [
    [1920, 1080, '5M', '192k'],
    [1280, 720, '2.5M', '128k'],
    [854, 480, '1M', '96k'],
  ].map(([width, height, bitrate, audio]) => ({
    name: `${height}p`,
    video: {
      codec: 'h264',
      width: Number(width),
      height: Number(height),
      enlarge: false,
      bitrate: bitrate!,
      bitDepth: 8,
    },
    audio: { codec: 'aac', bitrate: audio! },
  })),
}

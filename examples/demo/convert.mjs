import { extname } from 'node:path'
import {
  ALL_FORMATS,
  Conversion,
  FilePathSource,
  FilePathTarget,
  FlacOutputFormat,
  Input,
  MkvOutputFormat,
  Mp3OutputFormat,
  Mp4OutputFormat,
  OggOutputFormat,
  Output,
  WavOutputFormat,
  WebMOutputFormat,
} from 'mediabunny'
import { DemoError } from './options.mjs'

/** By extension: the container, and the codecs to encode to. Without a video codec there is only sound. */
const targets = {
  '.webm': { format: () => new WebMOutputFormat(), video: 'vp9', audio: 'opus' },
  '.mkv': { format: () => new MkvOutputFormat(), video: 'avc', audio: 'aac' },
  '.m4a': { format: () => new Mp4OutputFormat(), audio: 'aac' },
  '.ogg': { format: () => new OggOutputFormat(), audio: 'opus' },
  '.mp3': { format: () => new Mp3OutputFormat(), audio: 'mp3' },
  '.flac': { format: () => new FlacOutputFormat(), audio: 'flac' },
  '.wav': { format: () => new WavOutputFormat(), audio: 'pcm-s16' },
}

const audioBitrate = 192_000

/** Some files hold one track: the input's first. */
const isForWantOfRoom = (reason) => reason.startsWith('max_track_count')
const isExpected = (reason) => reason === 'discarded_by_user' || isForWantOfRoom(reason)

/** Whether the output is one that everything is encoded anew for, sound too. */
export const isConversion = (path) => extname(path).toLowerCase() in targets

/**
 * Encodes a file's picture and sound anew, in the codecs that the output's extension stands for.
 * @param {object} job
 * @param {string} job.input path
 * @param {string} job.output path, whose extension counts
 * @param {string} job.path where it is written
 * @param {number} [job.bitrate] of the video, in bits per second
 * @param {number} [job.width] of the video, in pixels
 * @param {(fraction: number) => void} job.onProgress
 * @returns {Promise<string>} what was written, in words
 */
export async function convert({ input: inputPath, output: outputPath, path, bitrate = 4_000_000, width, onProgress }) {
  const { format, video, audio } = targets[extname(outputPath).toLowerCase()]
  const input = new Input({ source: new FilePathSource(inputPath), formats: ALL_FORMATS })
  const output = new Output({ format: format(), target: new FilePathTarget(path) })
  try {
    const conversion = await Conversion.init({
      input,
      output,
      showWarnings: false,
      video: video ? { codec: video, bitrate, width, forceTranscode: true } : { discard: true },
      audio: { codec: audio, bitrate: audioBitrate, forceTranscode: true },
    })
    const { discardedTracks } = conversion
    const lost = discardedTracks.filter(({ reason }) => !isExpected(reason))
    if (lost.length > 0) throw new DemoError(`${inputPath}: a track cannot be converted (${lost[0].reason})`)
    if (!conversion.isValid) throw new DemoError(`${inputPath} has nothing that ${outputPath} could hold`)
    conversion.onProgress = onProgress
    await conversion.execute()
    const written = conversion.utilizedTracks.map((track) => (track.type === 'video' ? video : audio)).join(' and ')
    const extra = discardedTracks.filter(({ reason }) => isForWantOfRoom(reason)).length
    return extra > 0 ? `${written}; ${extra} more of the input found no room in such a file` : written
  } finally {
    input.dispose()
  }
}

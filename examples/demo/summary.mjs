import { basename } from 'node:path'

const megabits = (bitrate) => (bitrate === null ? '-' : `${(bitrate / 1e6).toFixed(2)} Mb/s`)
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`

/** Prints what went in and what came out, side by side. */
export function printSummary({ source, output, seconds }) {
  const picture = source.tracks.find(({ type }) => type === 'video')
  const audio = source.tracks.filter(({ type }) => type === 'audio')
  const { video } = output
  const rows = [
    ['', 'input', 'output'],
    ['file', basename(source.path), basename(output.path)],
    ['codec', picture.codecString, video.codec],
    [
      'size',
      `${picture.width}x${picture.height}, ${megabytes(source.bytes)}`,
      `${video.width}x${video.height}, ${megabytes(output.bytes)}`,
    ],
    ['duration', `${(picture.duration ?? source.duration ?? 0).toFixed(3)} s`, `${video.duration.toFixed(3)} s`],
    ['frames', '', `${video.frames}`],
    ['bitrate', megabits(picture.bitrate), megabits(video.bitrate)],
    ['audio', audio.map(({ codecString }) => codecString).join(', ') || 'none', describeAudio(audio, output.audio)],
    ['time', '', `${seconds.toFixed(2)} s (${(video.frames / seconds).toFixed(1)} fps)`],
  ]
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)))
  console.log('')
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
  console.log('')
}

function describeAudio(found, written) {
  if (found.length === 0) return 'none'
  const how = written.every(({ copied }) => copied) ? 'copied' : 'encoded'
  return found.length === written.length ? how : `${written.length} of ${found.length} tracks ${how}`
}

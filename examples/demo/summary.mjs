import { basename } from 'node:path'

const megabits = (bytes, seconds) => `${((bytes * 8) / seconds / 1e6).toFixed(2)} Mb/s`
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`

/** Prints what went in and what came out, side by side. */
export async function printSummary({ inputPath, outputPath, source, encoderConfig, result, seconds, outputFileSize }) {
  const { video, decoderConfig, audio } = source
  const inputDuration = source.end - source.firstPacket.timestamp
  const audioCodecs = await Promise.all(audio.map(async (track) => (await track.getCodec()) ?? 'unknown'))
  const rows = [
    ['', 'input', 'output'],
    ['file', basename(inputPath), basename(outputPath)],
    ['codec', decoderConfig.codec, result.codecString],
    [
      'size',
      `${await video.getCodedWidth()}x${await video.getCodedHeight()}, ${megabytes(source.fileSize)}`,
      `${encoderConfig.width}x${encoderConfig.height}, ${megabytes(outputFileSize)}`,
    ],
    ['duration', `${inputDuration.toFixed(3)} s`, `${result.duration.toFixed(3)} s`],
    ['frames', `${result.packets}`, `${result.frames}`],
    ['bitrate', megabits(result.inputBytes, inputDuration), megabits(result.bytes, result.duration)],
    ['audio', audioCodecs.join(', ') || 'none', copiedAudio(audio.length, result.audioTracks)],
    ['time', '', `${seconds.toFixed(2)} s (${(result.frames / seconds).toFixed(1)} fps)`],
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

function copiedAudio(found, copied) {
  if (found === 0) return 'none'
  return found === copied ? 'copied' : `${copied} of ${found} tracks copied (MP4 cannot hold the others)`
}

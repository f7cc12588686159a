// Chunks as a file that ffmpeg reads: an Annex B stream as it is, all else in IVF.

const annexB = { avc1: 'h264', avc3: 'h264', hvc1: 'hevc', hev1: 'hevc' }
const fourCharacterCodes = { vp8: 'VP80', vp09: 'VP90', av01: 'AV01' }
const kind = ({ codec }) => codec.split('.')[0]

/** FFmpeg's name of the file's format. */
export const streamFormat = (encodeCase) => annexB[kind(encodeCase)] ?? 'ivf'

function ivfHeader({ codec, width, height }, framerate, count) {
  const header = Buffer.alloc(32)
  header.write('DKIF', 0, 'latin1')
  header.writeUInt16LE(header.length, 6)
  header.write(fourCharacterCodes[kind({ codec })], 8, 'latin1')
  header.writeUInt16LE(width, 12)
  header.writeUInt16LE(height, 14)
  header.writeUInt32LE(framerate, 16)
  header.writeUInt32LE(1, 20)
  header.writeUInt32LE(count, 24)
  return header
}

function ivfFrame(data, index) {
  const header = Buffer.alloc(12)
  header.writeUInt32LE(data.length, 0)
  header.writeBigUInt64LE(BigInt(index), 4)
  return [header, data]
}

/** @param {readonly Uint8Array[]} chunks in decode order, one for each frame */
export function streamFile(encodeCase, framerate, chunks) {
  if (streamFormat(encodeCase) !== 'ivf') return Buffer.concat(chunks)
  return Buffer.concat([ivfHeader(encodeCase, framerate, chunks.length), ...chunks.flatMap(ivfFrame)])
}

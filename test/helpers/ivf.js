// IVF: the plainest of containers, which keeps every chunk as it is.

const fourCC = { h264: 'H264', hevc: 'HEVC', vp8: 'VP80', vp9: 'VP90', av1: 'AV01' }

/** Chunks, counted from 0, at 30 for each second. The header tells no size: decoders go by the stream. */
export function ivf(codec, chunks) {
  const header = Buffer.alloc(32)
  header.write('DKIF', 'latin1')
  header.writeUInt16LE(header.length, 6)
  header.write(fourCC[codec], 8, 'latin1')
  header.writeUInt32LE(30, 16)
  header.writeUInt32LE(1, 20)
  header.writeUInt32LE(chunks.length, 24)
  const frames = chunks.flatMap((data, index) => {
    const frameHeader = Buffer.alloc(12)
    frameHeader.writeUInt32LE(data.length, 0)
    frameHeader.writeUInt32LE(index, 4)
    return [frameHeader, data]
  })
  return Buffer.concat([header, ...frames])
}

import { open, stat } from 'node:fs/promises'
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input, MPEG_TS, UnsupportedInputFormatError } from 'mediabunny'
import { DemoError } from './options.mjs'

/**
 * @typedef {object} Source what the demo needs to know of its input
 * @property {import('mediabunny').Input} input
 * @property {import('mediabunny').InputVideoTrack} video
 * @property {import('mediabunny').InputAudioTrack[]} audio
 * @property {import('mediabunny').EncodedPacketSink} packets of the video
 * @property {import('mediabunny').EncodedPacket} firstPacket the key frame where decoding can begin
 * @property {VideoDecoderConfig} decoderConfig
 * @property {number} packetCount of the whole video track
 * @property {number} framerate frames per second, on average
 * @property {number} ticksPerSecond the unit of the video's timestamps
 * @property {number} origin seconds: where the output begins in the input's time
 * @property {boolean} startsLate whether pictures before the first key frame were left out
 * @property {number} end seconds: where the video ends
 * @property {number} fileSize bytes
 */

/**
 * Opens a media file and finds out everything that can be wrong with it before the work begins.
 * @param {string} path
 * @returns {Promise<Source>}
 */
export async function openSource(path) {
  const fileSize = await sizeOf(path)
  await checkBoxes(path, fileSize)
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
  const source = await inspect(input, fileSize).catch((error) => {
    input.dispose()
    if (error instanceof DemoError) throw error
    if (error instanceof UnsupportedInputFormatError) throw new DemoError('it is not a media file of a known format')
    throw new DemoError(`it cannot be read (${error.message.split('\n')[0]})`)
  })
  const { supported } = await VideoDecoder.isConfigSupported(source.decoderConfig)
  if (!supported) {
    throw new DemoError(
      `its video codec ${await source.video.getCodec()} (${source.decoderConfig.codec}) cannot be decoded`,
    )
  }
  return source
}

async function sizeOf(path) {
  const info = await stat(path).catch((error) => {
    throw new DemoError(error.code === 'ENOENT' ? 'there is no such file' : error.message)
  })
  if (!info.isFile()) throw new DemoError('it is not a file')
  if (info.size === 0) throw new DemoError('the file is empty')
  return info.size
}

/** An MP4 or MOV file that ends within one of its top-level boxes was cut off. */
async function checkBoxes(path, fileSize) {
  const file = await open(path)
  try {
    const header = Buffer.alloc(16)
    for (let position = 0; position < fileSize; ) {
      const { bytesRead } = await file.read(header, 0, 16, position)
      const type = header.toString('latin1', 4, 8)
      if (position === 0 && type !== 'ftyp') return
      const size32 = header.readUInt32BE(0)
      const size = size32 === 1 ? Number(header.readBigUInt64BE(8)) : size32
      // A box of size 0 reaches to the end of the file. Fewer than 8 bytes are padding that some writers leave.
      if (size === 0 || bytesRead < 8) return
      if (size < 8 || position + size > fileSize)
        throw new DemoError(`the file is truncated (within its '${type}' box)`)
      position += size
    }
  } finally {
    await file.close()
  }
}

/** @returns {Promise<Source>} */
async function inspect(input, fileSize) {
  const format = await input.getFormat()
  const video = await input.getPrimaryVideoTrack()
  if (!video) throw new DemoError('it has no video track')
  const decoderConfig = await video.getDecoderConfig()
  if (!decoderConfig) throw new DemoError(`its video codec is unknown (${await video.getInternalCodecId()})`)
  const packets = new EncodedPacketSink(video)
  const veryFirst = await packets.getFirstPacket({ metadataOnly: true })
  const firstPacket = await packets.getFirstKeyPacket({ verifyKeyPackets: true })
  if (!veryFirst || !firstPacket) throw new DemoError('its video has no key frame to begin with')
  const startsLate = firstPacket.sequenceNumber !== veryFirst.sequenceNumber

  const { packetCount, averagePacketRate } = await video.computePacketStats()
  const audio = await input.getAudioTracks()
  // The clock of a transport stream starts anywhere; in the other formats, 0 is where presentation begins.
  const start = startsLate ? firstPacket.timestamp : await input.getFirstTimestamp([video, ...audio])
  return {
    input,
    video,
    audio,
    packets,
    firstPacket,
    decoderConfig,
    packetCount,
    framerate: averagePacketRate > 0 && averagePacketRate <= 1000 ? averagePacketRate : 30,
    ticksPerSecond: await video.getTimeResolution(),
    origin: format === MPEG_TS ? start : 0,
    startsLate,
    end: await video.computeDuration(),
    fileSize,
  }
}

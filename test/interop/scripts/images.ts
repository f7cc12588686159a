/** What ImageDecoder tells of a file. Runs in Chromium and here. */
import type * as api from '../../../lib/index.js'

type Api = Pick<typeof api, 'ImageDecoder'>

export interface TrackRecord {
  animated: boolean
  frameCount: number
  /** As text, since Infinity does not survive JSON. */
  repetitionCount: string
  selected: boolean
}

export interface ImageFrameRecord {
  format: string | null
  /** Coded and display size, timestamp, duration, rotation, flip and whether it is complete. */
  facts: unknown[]
  /** Primaries, transfer and range. */
  color: unknown[]
  /** As RGBA. */
  pixels: number[]
}

export interface ImageRecord {
  tracks: TrackRecord[]
  frames: ImageFrameRecord[]
  /** Names of the exceptions that `tracks.ready` and decode() rejected with. */
  errors: string[]
}

export async function describeImage({ ImageDecoder }: Api, type: string, bytes: number[]): Promise<ImageRecord> {
  const record: ImageRecord = { tracks: [], frames: [], errors: [] }
  const decoder = new ImageDecoder({ type, data: Uint8Array.from(bytes) })
  try {
    await decoder.tracks.ready
    for (const { animated, frameCount, repetitionCount, selected } of Array.from(decoder.tracks)) {
      record.tracks.push({ animated, frameCount, repetitionCount: String(repetitionCount), selected })
    }
    const { frameCount } = decoder.tracks.selectedTrack!
    for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
      const { image, complete } = await decoder.decode({ frameIndex })
      const pixels = new Uint8Array(image.allocationSize({ format: 'RGBA' }))
      await image.copyTo(pixels, { format: 'RGBA' })
      const { codedWidth, codedHeight, displayWidth, displayHeight, timestamp, duration, rotation, flip } = image
      const { primaries, transfer, fullRange } = image.colorSpace
      record.frames.push({
        format: image.format,
        facts: [codedWidth, codedHeight, displayWidth, displayHeight, timestamp, duration, rotation, flip, complete],
        color: [primaries, transfer, fullRange],
        pixels: Array.from(pixels),
      })
      image.close()
    }
  } catch (error) {
    record.errors.push((error as Error).name)
  }
  decoder.close()
  return record
}

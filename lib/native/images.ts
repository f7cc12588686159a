/** The part of the contract with the addon that is about images. */
import type { NativeImageConfig, NativeImageFormat } from './config.js'
import type { ImageHandle } from './handles.js'

export interface ImageBinding {
  /** The formats of images that this build decodes. */
  imageFormats(): NativeImageFormat[]
  /** `imageId` names the image in events; unique within the environment, codecs included. */
  createImage(imageId: number, config: NativeImageConfig): ImageHandle
  /** Copies `data` before it returns. Answered by `imageTracks`. */
  imageAppend(image: ImageHandle, data: Uint8Array, complete: boolean): void
  /**
   * Answered by `imageFrame` or `imageError`, after what was appended before; not answered when `imageAbort` comes first.
   * @param lastGeneration the progressive generation that is known already; 0 for none
   */
  imageDecode(
    image: ImageHandle,
    requestId: number,
    track: number,
    frameIndex: number,
    completeFramesOnly: boolean,
    lastGeneration: number,
  ): void
  /** Drops all requests. Never waits. */
  imageAbort(image: ImageHandle): void
  /** Frees the file. Never waits. Calling it twice is harmless. */
  imageClose(image: ImageHandle): void
}

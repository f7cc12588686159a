/** What the plans of encoders and decoders have in common. */
import { Hardware } from '../native.js'
import type { HardwareAcceleration } from './video-encoder-config.js'

/** More gain nothing anywhere. */
const MAX_THREADS = 64

/** Whether a device must do it. Without one native code says so: it alone can know. */
export const hardware = (preference: HardwareAcceleration): number =>
  preference === 'prefer-hardware' ? Hardware.required : Hardware.none

/** Of one codec; 0: as many as help. */
export function threads(config: { readonly threads?: number | undefined }): number {
  return Math.min(config.threads ?? 0, MAX_THREADS)
}

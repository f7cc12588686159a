/**
 * The contract between the specification layer (`lib/`) and the addon (`src/`): the exact shape of everything
 * the addon exports. The specification layer validates; native code receives plain values that are already valid
 * and reports failures as events. Times are microseconds (integers within the safe range), sizes are pixels,
 * colours are H.273 code points (the numbers that FFmpeg's AVCOL_* enums share), rates are bits per second.
 */
import type { CaptureBinding } from './native/capture.js'
import type { CodecBinding } from './native/codecs.js'
import type { ContainerBinding } from './native/container.js'
import type { DiagnosticsBinding } from './native/diagnostics.js'
import type { NativeEvent } from './native/events.js'
import type { ImageBinding } from './native/images.js'
import type { MediaBinding } from './native/media.js'

export * from './native/capture.js'
export * from './native/codecs.js'
export * from './native/config.js'
export * from './native/container.js'
export * from './native/diagnostics.js'
export * from './native/events.js'
export * from './native/handles.js'
export * from './native/images.js'
export * from './native/media.js'

export interface NativeBinding
  extends MediaBinding,
    CodecBinding,
    ImageBinding,
    ContainerBinding,
    CaptureBinding,
    DiagnosticsBinding {
  /** Installs the receiver of events; called once per environment, before anything else. */
  start(onEvents: (events: NativeEvent[]) => void): void
}

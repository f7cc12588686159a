/** The part of isConfigSupported() that encoders and decoders share. */
import type { NativeBinding } from '../native.js'
import { getRuntime } from '../runtime.js'

/**
 * "Check Configuration Support": native code opens what the plan asks for.
 * @param plan makes the native configuration, or throws a NotSupportedError
 * @param probe begins the job that opens it
 */
export async function checkConfigurationSupport<Config>(
  plan: () => { readonly config: Config },
  probe: (native: NativeBinding, config: Config) => number,
): Promise<boolean> {
  try {
    const { config } = plan()
    const runtime = getRuntime()
    await runtime.waitForJob(probe(runtime.native, config))
    return true
  } catch (exception) {
    if (exception instanceof DOMException) return false
    throw exception
  }
}

/** What `plan` throws, when that says that something is not supported. */
export function tryPlan<Plan>(
  plan: () => Plan,
): { plan: Plan; rejection: null } | { plan: null; rejection: DOMException } {
  try {
    return { plan: plan(), rejection: null }
  } catch (exception) {
    if (exception instanceof DOMException) return { plan: null, rejection: exception }
    throw exception
  }
}

import type { Browser } from 'playwright-core'

export interface Chromium {
  /** Such as "156.0.8078.79". */
  readonly version: string
  /**
   * Calls the function `name` of `module`, a path below the repository's root that ends with ".js", in the page: first
   * argument is its global object, the others are cloned, as is the result.
   */
  call<Result>(module: string, name: string, ...args: unknown[]): Promise<Result>
  close(): Promise<void>
}

/**
 * Starts a headless Chromium with an empty page.
 * @param options.files more to serve: path, which begins with a slash, to file name
 */
export function openChromium(options?: { files?: Record<string, string> }): Promise<Chromium>

/** A headless Chromium without any page, for pages that are not of this repository. */
export function launchChromium(): Promise<Browser>

/** The program; it need not be there. */
export const executablePath: string

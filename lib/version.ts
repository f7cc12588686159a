/** The package's version; the manifest is one folder up from `lib/` in the repository and from a bundle in `dist/`. */
import { createRequire } from 'node:module'

const manifest = createRequire(import.meta.url)('../package.json') as { version: string }

export const version: string = manifest.version

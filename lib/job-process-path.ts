/** Where the program for jobs is: this file is in `lib/` in the repository and part of a bundle in `dist/` when built. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const jobProcessPath = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'job-process.js')

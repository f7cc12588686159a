// Does the job that a file describes.
import { readFileSync } from 'node:fs'
import { transcode } from '../dist/batch.js'

await transcode(JSON.parse(readFileSync(process.argv[2], 'utf8')))

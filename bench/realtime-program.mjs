// Our side of the cases against Chromium. Arguments: the case and its source as JSON, and optionally the file to write
// the stream to. Prints what was measured as JSON.
import { readFile, writeFile } from 'node:fs/promises'
import * as api from '../dist/index.js'
import { measure } from './realtime-loop.js'
import { streamFile } from './stream-file.mjs'

const [encodeCase, source] = JSON.parse(process.argv[2])
const output = process.argv[3]
const { chunks, ...result } = await measure(api, await readFile(source.path), encodeCase, output !== undefined)
if (output) await writeFile(output, streamFile(encodeCase, encodeCase.framerate, chunks))
console.log(JSON.stringify(result))

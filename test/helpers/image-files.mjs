// Small image files of every kind, made by the tools of their formats.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const still = 'testsrc2=size=48x40:rate=10'
const translucent = `${still},format=rgba,colorchannelmixer=aa=0.5`

/** Each file's MIME type, and the commands that make it, with `*` for the folder. The last writes `*` and the name. */
const recipes = {
  png: ['image/png', ['ffmpeg', '-f', 'lavfi', '-i', still, '-frames:v', '1', '-pix_fmt', 'rgba', '*png']],
  apng: [
    'image/apng',
    ['ffmpeg', '-f', 'lavfi', '-i', translucent, '-frames:v', '5', '-plays', '0', '-f', 'apng', '*apng'],
  ],
  bmp: ['image/bmp', ['ffmpeg', '-f', 'lavfi', '-i', still, '-frames:v', '1', '-pix_fmt', 'bgr24', '*bmp']],
  'bmp of a palette': [
    'image/bmp',
    ['ffmpeg', '-f', 'lavfi', '-i', still, '-frames:v', '1', '-pix_fmt', 'pal8', '-f', 'image2', '*palette.bmp'],
  ],
  jpeg: ['image/jpeg', ['cjpeg', '-optimize', '-outfile', '*jpeg', '*bmp']],
  'progressive jpeg': ['image/jpeg', ['cjpeg', '-progressive', '-outfile', '*progressive', '*bmp']],
  gif: ['image/gif', ['ffmpeg', '-f', 'lavfi', '-i', still, '-frames:v', '5', '*gif']],
  webp: ['image/webp', ['cwebp', '-quiet', '*png', '-o', '*webp']],
  'lossless webp': ['image/webp', ['cwebp', '-quiet', '-lossless', '*png', '-o', '*lossless']],
  'animated webp': ['image/webp', ['gif2webp', '-quiet', '-mixed', '*gif', '-o', '*animated.webp']],
  avif: ['image/avif', ['avifenc', '-s', '9', '-y', '420', '*png', '*avif']],
  'animated avif': ['image/avif', ['avifenc', '-s', '9', '--fps', '5', '*png', '*png', '*png', '*animated.avif']],
  jxl: ['image/jxl', ['cjxl', '-e', '3', '*png', '*jxl']],
  'animated jxl': ['image/jxl', ['cjxl', '-e', '3', '*gif', '*animated.jxl']],
}

// A sanitizer of this process is none of theirs.
const { LD_PRELOAD: _, ...env } = process.env

/** The tools tell formats by the endings of names. */
const nameOf = (argument, folder) => {
  const path = argument.slice(1)
  return join(folder, path.includes('.') ? path : `image.${path}`)
}

/** @returns {Map<string, { type: string, data: Uint8Array }>} files by what they are */
export function makeImageFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'webcodecs-native-image-files-'))
  try {
    const files = new Map()
    for (const [name, [type, [command, ...args]]] of Object.entries(recipes)) {
      const paths = args.map((argument) => (argument.startsWith('*') ? nameOf(argument, folder) : argument))
      const quiet = command === 'ffmpeg' ? ['-v', 'error', '-y', ...paths] : paths
      execFileSync(command, quiet, { env, stdio: ['ignore', 'ignore', 'ignore'] })
      const output = args.includes('-outfile') ? paths[args.indexOf('-outfile') + 1] : paths.at(-1)
      files.set(name, { type, data: new Uint8Array(readFileSync(output)) })
    }
    return files
  } finally {
    rmSync(folder, { recursive: true })
  }
}

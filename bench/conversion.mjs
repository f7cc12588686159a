// Builds and runs conversion.cc: the addon's conversion and libyuv's on the same buffers, without any JavaScript.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { timeProcess } from './codec-measurement.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What needs Node, or what CMake tells of libavformat. */
const others = ['adopted_buffer.cc', 'in_flight.cc', 'ffmpeg_formats.cc', 'ffmpeg_devices.cc']

/** The addon's sources that need nothing of either, but for the types of node_api.h. */
const sources = ['src/media', 'src/util'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.cc') && !others.includes(name))
    .map((name) => join(folder, name)),
)

export async function runConversion() {
  const folder = join(root, 'build', 'bench')
  mkdirSync(folder, { recursive: true })
  const program = join(folder, 'conversion')
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir
  const libraries = ['libavcodec', 'libavutil', 'libswscale']
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', ...libraries], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
  // As CMake builds a release.
  const options = ['-std=c++17', '-O3', '-DNDEBUG', '-DNAPI_VERSION=8', '-Isrc', `-I${headers}`, '-o', program]
  execFileSync('c++', [...options, join('bench', 'conversion.cc'), ...sources, ...flags, '-lyuv', '-lpthread'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const { stdout } = await timeProcess(program, [])
  return JSON.parse(stdout)
}

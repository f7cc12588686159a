/** What decides how an output comes out, besides its settings: the versions of this package and of the libraries it uses. */
import { createHash } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getRuntime } from '../../runtime.js'
import { FarmError } from '../errors.js'

/**
 * Libraries whose version shows in what comes out. Not libavformat, which is loaded when a source needs it: a process's
 * name for its build must not depend on what it has done so far.
 */
const LIBRARIES =
  /^lib(avcodec|avutil|swscale|swresample|yuv|vpx|x264|x265|aom|SvtAv1Enc|openh264|opus|mp3lame|vorbis|vorbisenc|dav1d)\b/

let identity: string | undefined

/** The folder that package.json is in, from this file in the repository or from a bundle in dist/. */
export function packageRoot(): string {
  let folder = fileURLToPath(new URL('.', import.meta.url))
  for (let depth = 0; depth < 6; depth++, folder = join(folder, '..')) {
    try {
      if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === 'webcodecs-native') return folder
    } catch {
      // Not this folder.
    }
  }
  throw new FarmError('not-installed', 'the package webcodecs-native is not whole: its package.json is missing')
}

/** Files of the libraries that the addon is linked with, such as "libx264.so.164". */
function libraries(): string[] {
  try {
    const maps = readFileSync('/proc/self/maps', 'utf8')
    const paths = new Set(maps.match(/\/\S+\.so\S*$/gm) ?? [])
    const names = [...paths]
      .filter((path) => LIBRARIES.test(basename(path)))
      .map((path) => basename(realpathSync(path)))
    return [...new Set(names)].sort()
  } catch {
    // No such list on this system: FFmpeg's own versions must do.
    return []
  }
}

/**
 * Names the build in one line: the same on two machines only where both encode alike. For example
 * "webcodecs-native 0.1.0, libavcodec.so.59.37.100, libx264.so.164".
 */
export function buildIdentity(): string {
  if (identity !== undefined) return identity
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'))
  const { avcodec, avutil, swscale, libyuv } = getRuntime().native.versions()
  const own = [
    `webcodecs-native ${version}`,
    `avcodec ${avcodec}`,
    `avutil ${avutil}`,
    `swscale ${swscale}`,
    `libyuv ${libyuv}`,
  ]
  identity = [...own, ...libraries()].join(', ')
  return identity
}

/**
 * For tests and for those who know that two builds encode alike: WEBCODECS_FARM_BUILD takes the place of the identity.
 * @throws FarmError `different-build` when work that was planned by another build would come out differently here
 */
export function requireBuild(expected: string, actual = currentBuild()): void {
  if (actual === expected) return
  const [ours, theirs] = [actual.split(', '), expected.split(', ')]
  const only = (some: string[], others: string[]) =>
    some.filter((part) => !others.includes(part)).join(', ') || 'nothing'
  throw new FarmError(
    'different-build',
    `expected a worker with ${only(theirs, ours)} but received one with ${only(ours, theirs)}: its output would differ`,
  )
}

export const currentBuild = (): string => process.env['WEBCODECS_FARM_BUILD'] ?? buildIdentity()

/** Short, for names. */
export const hashOf = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)

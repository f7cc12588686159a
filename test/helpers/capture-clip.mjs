// A clip with sound and pictures for programs that capture; longer than any of them runs.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @returns {string} the path of two minutes of Matroska: 25 pictures and 48,000 samples a second */
export function captureClip() {
  const folder = join(tmpdir(), 'webcodecs-native-clips')
  const path = join(folder, 'capture-120s.mkv')
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const unfinished = join(folder, `capture-120s.${process.pid}.mkv`)
  const inputs = ['sine=sample_rate=48000', 'testsrc2=size=160x120:rate=25'].flatMap((graph) => [
    '-f',
    'lavfi',
    '-i',
    graph,
  ])
  const codecs = ['-t', '120', '-c:a', 'pcm_s16le', '-c:v', 'mpeg4', '-q:v', '5']
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...inputs, ...codecs, unfinished])
  renameSync(unfinished, path)
  return path
}

// Damaged containers for the Demuxer: packets, or one of the exceptions that it has for them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Demuxer } from '../../../dist/containers.js'
import { heavyMutations, lightMutations, pickFrom } from '../mutations.mjs'

const video = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25:duration=0.6']
const sound = ['-f', 'lavfi', '-i', 'sine=duration=0.6']
const x264 = ['-c:v', 'libx264', '-bf', '2', '-g', '5', '-pix_fmt', 'yuv420p']

const kinds = {
  mp4: [...video, ...sound, ...x264, '-c:a', 'aac'],
  mkv: [...video, ...sound, ...x264, '-c:a', 'flac'],
  webm: [...video, ...sound, '-c:v', 'libvpx', '-deadline', 'realtime', '-c:a', 'libopus'],
  ts: [...video, ...sound, ...x264, '-c:a', 'aac'],
  vob: [...video, ...sound, ...x264, '-c:a', 'libmp3lame'],
  avi: [...video, ...sound, ...x264, '-c:a', 'libmp3lame'],
  flv: [...video, ...sound, ...x264, '-c:a', 'aac'],
  asf: [...video, ...sound, ...x264, '-c:a', 'libmp3lame'],
  h264: [...video, ...x264],
  ogg: [...sound, '-c:a', 'libopus'],
  wav: [...sound],
  flac: [...sound],
}

function makeFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'webcodecs-fuzz-'))
  const env = { ...process.env, LD_PRELOAD: '' }
  try {
    return new Map(
      Object.entries(kinds).map(([kind, args]) => {
        const path = join(folder, `x.${kind}`)
        execFileSync('ffmpeg', ['-v', 'error', ...args, path], { env })
        return [kind, new Uint8Array(readFileSync(path))]
      }),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The bytes as they are, as a stream of pieces, or as ranges. */
function sourceOf(data, pick) {
  const size = 1 + pick(Math.max(1, data.length >> pick(6)))
  switch (pick(3)) {
    case 0:
      return data
    case 1:
      return (async function* () {
        for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size)
      })()
    default:
      return { size: data.length, read: async (at, length) => data.subarray(at, at + Math.min(length, size + 100)) }
  }
}

const ERRORS = /^(DataError|NotSupportedError|NotReadableError|QuotaExceededError)$/

function checkPacket({ track, chunk, type }) {
  assert.ok(type === 'video' || type === 'audio')
  assert.equal(track.type, type)
  assert.ok(Number.isSafeInteger(chunk.timestamp))
  assert.ok(chunk.duration === null || chunk.duration > 0)
}

async function demux(source, name, pick) {
  let packets = 0
  let demuxer
  try {
    demuxer = await Demuxer.open(source, { name })
    for await (const packet of demuxer.packets()) {
      checkPacket(packet)
      packets++
    }
    if (demuxer.seekable) {
      for await (const packet of demuxer.packets({ from: pick(600_000) })) {
        checkPacket(packet)
        if (++packets % 7 === 0) break
      }
    }
    return { packets, ending: 'read' }
  } catch (error) {
    assert.ok(error instanceof DOMException, String(error?.stack ?? error))
    assert.match(error.name, ERRORS, error.message)
    return { packets, ending: error.name }
  } finally {
    demuxer?.close()
  }
}

let files

export const targets = [
  {
    name: 'containers',
    async prepare() {
      files ??= makeFiles()
      const names = [...files.keys()]
      const mutations = { ...lightMutations, ...heavyMutations }
      return {
        async run(pick) {
          const kind = names[pick(names.length)]
          const damage = pickFrom(mutations, pick)
          const data = damage.mutate(files.get(kind), pick)
          const { packets, ending } = await demux(sourceOf(data, pick), pick(2) === 0 ? '' : `x.${kind}`, pick)
          return { kind: `${kind}, ${damage.name}`, outcome: `${ending}${packets > 0 ? ' after packets' : ''}` }
        },
        check(results) {
          const survived = results.filter(({ outcome }) => outcome.endsWith('after packets')).length
          return survived * 4 < results.length ? [`only ${survived} of ${results.length} inputs gave packets`] : []
        },
      }
    },
  },
]

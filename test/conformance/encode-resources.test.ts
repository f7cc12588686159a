import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { VideoEncoder, type VideoEncoderConfig } from '../../lib/index.js'
import { makeFrame } from '../helpers/codecs.js'
import { run } from '../helpers/media.js'

const codecs = ['avc1.42001f', 'avc1.6e001f', 'hvc1.1.6.L93.B0', 'vp8', 'vp09.00.10.08', 'av01.0.04M.08']
const small = { width: 160, height: 96, bitrate: 100_000, framerate: 30 }
const threads = () => readdirSync('/proc/self/task').length

/** The threads without encoders: those of closed ones may still be on their way out, the job pool's stay. */
const idle = threads()
async function waitForIdle(): Promise<void> {
  const pool = 2 * availableParallelism() + 4
  for (let attempt = 0; attempt < 200 && threads() > idle + pool; attempt++) {
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** How many threads `count` encoders add that have a frame each. */
async function threadsOf(count: number, config: VideoEncoderConfig): Promise<number> {
  await waitForIdle()
  const encoders = Array.from({ length: count }, () => {
    const encoder = new VideoEncoder({
      output() {},
      error(error) {
        throw error
      },
    })
    encoder.configure(config)
    const frame = makeFrame(0, { codedWidth: config.width, codedHeight: config.height })
    encoder.encode(frame)
    frame.close()
    return encoder
  })
  while (encoders.some(({ encodeQueueSize }) => encodeQueueSize > 0)) await new Promise((done) => setTimeout(done, 5))
  if (config.latencyMode === 'realtime') await Promise.all(encoders.map((encoder) => encoder.flush()))
  const added = threads() - idle
  for (const encoder of encoders) encoder.close()
  return added
}

describe.skipIf(process.platform !== 'linux')('32 small encoders', () => {
  describe.each(codecs)('of %s', (codec) => {
    it.each(['realtime', 'quality'] as const)('take a few threads each in %s mode', async (latencyMode) => {
      const encoders = 32
      // Each has its own, and x265 one for its frames and one for their rows; the job pool's come on top.
      const added = await threadsOf(encoders, { ...small, codec, latencyMode })
      expect(added).toBeGreaterThanOrEqual(encoders / 2)
      expect(added).toBeLessThanOrEqual(3 * encoders + 2 * availableParallelism() + 4)
    })
  })
})

describe.skipIf(process.platform !== 'linux')('the extension `threads`', () => {
  it.each(['vp09.00.31.08', 'vp8'])('says how many an encoder of %s takes', async (codec) => {
    const config = {
      codec,
      width: 1280,
      height: 720,
      bitrate: 1_000_000,
      latencyMode: 'realtime',
    } as const
    const one = await threadsOf(1, { ...config, threads: 1 })
    const four = await threadsOf(1, { ...config, threads: 4 })
    // VP8 takes no more than there are processors, and one for its filter.
    const processors = Math.min(availableParallelism(), 4)
    const most = codec === 'vp8' ? (processors > 1 ? processors : 0) : 2
    expect(four).toBeGreaterThanOrEqual(one + most)
  })

  it('is part of what isConfigSupported() gives back', async () => {
    const { config } = await VideoEncoder.isConfigSupported({ ...small, codec: 'vp8', threads: 2 })
    expect(config.threads).toBe(2)
  })
})

const program = fileURLToPath(new URL('../helpers/encoder-threads.mjs', import.meta.url))

/** The threads of a 720p encoder in a process that a shell begins with `preamble`. */
async function threadsBehind(preamble: string, ...codec: string[]): Promise<number> {
  const { stdout } = await run('sh', ['-c', `${preamble} exec "$0" "$@"`, process.execPath, program, ...codec])
  return Number(stdout.toString())
}

/** A control group of our own that allows one processor; undefined where we may not make one. */
function makeGroupOfOne(): string | undefined {
  for (const [mount, file] of [
    ['/sys/fs/cgroup', 'cpu.max'],
    ['/sys/fs/cgroup/cpu', 'cpu.cfs_quota_us'],
  ] as const) {
    const group = join(mount, `webcodecs-native-test-${process.pid}`)
    try {
      mkdirSync(group)
    } catch {
      continue
    }
    // A tmpfs of mounts takes folders too, which are no groups.
    if (existsSync(join(group, file))) {
      writeFileSync(join(group, file), file === 'cpu.max' ? '100000 100000' : '100000')
      return group
    }
    rmdirSync(group)
  }
  return undefined
}

describe.skipIf(process.platform !== 'linux' || availableParallelism() < 2)('an encoder takes fewer threads', () => {
  it('where the affinity mask has one processor', async () => {
    const limited = await threadsBehind('taskset -p -c 0 $$ >&2 &&')
    expect(limited).toBe(await threadsBehind('export WEBCODECS_NATIVE_THREADS=1;'))
    expect(limited).toBeLessThan(await threadsBehind(''))
  })

  it('of VP8 in realtime than there are processors: of two, one is left to JavaScript', async () => {
    const onTwo = await threadsBehind('taskset -p -c 0,1 $$ >&2 &&', 'vp8')
    expect(onTwo).toBe(await threadsBehind('export WEBCODECS_NATIVE_THREADS=1;', 'vp8'))
  })

  it('where the quota of the control group is one processor', async ({ skip }) => {
    const group = makeGroupOfOne()
    if (!group) return skip('needs the right to make control groups')
    try {
      const limited = await threadsBehind(`echo $$ > ${join(group, 'cgroup.procs')} &&`)
      expect(limited).toBe(await threadsBehind('export WEBCODECS_NATIVE_THREADS=1;'))
      expect(limited).toBeLessThan(await threadsBehind(''))
    } finally {
      rmdirSync(group)
    }
  })
})

describe.each(['avc1.640034', 'hvc1.1.6.L186.B0', 'vp8', 'vp09.00.10.08', 'av01.0.19M.08'])(
  'a probe of %s',
  (codec) => {
    it.each([
      [7680, 4320],
      [16382, 16382],
      [4294967295, 4294967295],
    ])('at %i x %i takes no memory to speak of', async (width, height) => {
      const before = process.memoryUsage.rss()
      const { supported } = await VideoEncoder.isConfigSupported({ codec, width, height, bitrate: 10_000_000 })
      if (width > 8000) expect(supported).toBe(false)
      expect(process.memoryUsage.rss() - before).toBeLessThan(300e6)
    })
  },
)

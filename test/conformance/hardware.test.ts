import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { run } from '../helpers/media.js'
import { installVaDriver } from '../helpers/va-driver.mjs'

const program = fileURLToPath(new URL('../helpers/hardware-program.mjs', import.meta.url))
const codecs = ['avc1.42001f', 'avc1.64001f', 'hvc1.1.6.L93.B0', 'hvc1.2.4.L93.B0', 'vp8', 'vp09.00.31.08'].concat(
  'vp09.02.31.10',
  'av01.0.05M.08',
  'av01.0.05M.10',
)
const hard = { hardwareAcceleration: 'prefer-hardware' }
const avc = { codec: 'avc1.42001f', latencyMode: 'realtime', ...hard }

interface Answer {
  encode: boolean
  decode: boolean
  milliseconds: number
}

/** Runs a program of hardware-program.mjs, behind the command `before`. */
async function start<Result>(
  name: string,
  argument: unknown,
  env: NodeJS.ProcessEnv = {},
  before: readonly string[] = [],
): Promise<{ result: Result; stderr: string }> {
  const [command, ...args] = [...before, process.execPath, program, name, JSON.stringify(argument)]
  const child = spawn(command!, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  expect(code, stderr).toBe(0)
  return { result: JSON.parse(stdout) as Result, stderr }
}

const answers = (configs: object[], env?: NodeJS.ProcessEnv): Promise<{ result: Answer[]; stderr: string }> =>
  start('ask', configs, env)

describe('without a device', () => {
  // So it is on machines that have one, too.
  const nowhere = join(tmpdir(), `webcodecs-no-device-${process.pid}`)

  it.each([['none'], [`vaapi:${nowhere}`], [`qsv:${nowhere}`]])(
    'prefer-hardware is not supported, at once and silently, for WEBCODECS_NATIVE_DEVICE=%s',
    async (device) => {
      const { result, stderr } = await answers(
        codecs.map((codec) => ({ codec, ...hard })),
        { WEBCODECS_NATIVE_DEVICE: device },
      )
      expect(result.map(({ encode, decode }) => [encode, decode])).toEqual(codecs.map(() => [false, false]))
      // The first answer waits for the addon to load, and any for a busy machine: the middle one tells.
      const times = result.map(({ milliseconds }) => milliseconds).sort((one, other) => one - other)
      expect(times[times.length >> 1]).toBeLessThan(200)
      expect(stderr).toBe('')
    },
  )

  it.skipIf(existsSync('/dev/dri') || existsSync('/dev/nvidiactl') || existsSync('/dev/video0'))(
    'nothing that looks for one writes to stderr',
    async () => {
      const { result, stderr } = await answers(codecs.map((codec) => ({ codec, ...hard })))
      expect(result.some(({ encode, decode }) => encode || decode)).toBe(false)
      expect(stderr).toBe('')
    },
  )

  it('configure() reports a NotSupportedError', async () => {
    const { result } = await start('use', avc, { WEBCODECS_NATIVE_DEVICE: 'none' })
    expect(result).toEqual(['NotSupportedError', 'NotSupportedError'])
  })

  it.each(['gpu', 'vaapi:', 'v4l2m2m:/dev/video0'])(
    'the log tells that WEBCODECS_NATIVE_DEVICE=%s is none',
    async (device) => {
      const { result, stderr } = await answers([avc], {
        WEBCODECS_NATIVE_DEVICE: device,
        WEBCODECS_NATIVE_LOG: 'codec=info',
      })
      expect(result).toMatchObject([{ encode: false, decode: false }])
      expect(stderr).toContain(`for WEBCODECS_NATIVE_DEVICE but received ${device}`)
    },
  )
})

describe('what needs no device', () => {
  // What a look for a device would open: its node, its driver, its maker's library.
  const traces = /"(\/dev\/(dri|video|nvidia)[^"]*|[^"]*(libcuda|libnvcuvid|libnvidia-encode|_drv_video)\.so[^"]*)"/g
  const files = ['strace', '-f', '-qq', '-e', 'trace=%file', '-o']

  async function touched(name: string, argument: unknown): Promise<string[]> {
    const log = join(tmpdir(), `webcodecs-strace-${process.pid}`)
    await start(name, argument, { WEBCODECS_NATIVE_DEVICE: '' }, [...files, log])
    const opened = readFileSync(log, 'utf8')
    rmSync(log)
    expect(opened).toContain('webcodecs.node')
    return [...new Set([...opened.matchAll(traces)].map(([, path]) => path!))]
  }

  it.each(['prefer-software', 'no-preference'])('%s touches none', async (hardwareAcceleration) => {
    expect(await touched('code', { ...avc, hardwareAcceleration })).toEqual([])
  })
  // Or else the others would prove nothing.
  it('prefer-hardware does', async () => {
    expect(await touched('ask', [avc])).not.toEqual([])
  })
})

const driver = installVaDriver()
if (!driver && process.env['CI'])
  throw new Error("expected libva's headers (libva-dev) for the tests of hardware codecs")

describe.skipIf(!driver)('on a VA-API device (needs libva-dev)', () => {
  const { env, device, folder, remove } = driver!
  const working = { encode: true, decode: true }
  const failing = { encode: false, decode: false }
  afterEach(() => {
    for (const mark of ['hang', 'broken']) rmSync(join(folder, mark), { force: true })
  })
  afterAll(() => remove())

  it('prefer-hardware encodes and decodes', async () => {
    const { result, stderr } = await start('code', avc, env)
    expect(result).toEqual({ chunks: 3, frames: 3 })
    expect(stderr).toBe('')
  })

  it('prefer-hardware is not supported for what the device or its encoder cannot do', async () => {
    const denied = [
      { ...avc, codec: 'avc1.64001f' },
      { ...avc, codec: 'hvc1.1.6.L93.B0' },
      { ...avc, codec: 'vp8' },
      { ...avc, bitrateMode: 'quantizer' },
      { ...avc, scalabilityMode: 'L1T2' },
      { ...avc, codec: 'vp8', alpha: 'keep' },
      { ...avc, width: 4098 },
    ]
    const { result, stderr } = await answers(denied, env)
    expect(result.map(({ encode }) => encode)).toEqual(denied.map(() => false))
    expect(stderr).toBe('')
  })

  it('an encoder that was picked by hand is that one', async () => {
    const configs = ['h264_vaapi', 'h264_nvenc'].map((encoder) => ({ ...avc, encoder }))
    expect((await answers(configs, env)).result.map(({ encode }) => encode)).toEqual([true, false])
  })

  it('a device that appears is found at once', async () => {
    rmSync(device)
    const { result } = await start('appear', [avc, device], env)
    expect(result).toMatchObject({ before: failing, after: working })
  })

  it('a device that fails is asked again some seconds later', async () => {
    const mark = join(folder, 'broken')
    writeFileSync(mark, '')
    const { result, stderr } = await start<{ seconds: number }>('recover', [avc, mark], env)
    expect(result).toMatchObject({ before: failing, soon: failing, after: working })
    expect(result.seconds).toBeGreaterThan(2)
    expect(result.seconds).toBeLessThan(10)
    expect(stderr).toBe('')
  })

  it('a driver that does not answer is given up after some seconds, during which the event loop runs', async () => {
    writeFileSync(join(folder, 'hang'), '')
    const { result } = await start<{ first: Answer; longest: number; second: Answer }>('hang', avc, env)
    expect(result.first).toMatchObject(failing)
    expect(result.first.milliseconds).toBeLessThan(8000)
    expect(result.longest).toBeLessThan(200)
    expect(result.second).toMatchObject(failing)
    expect(result.second.milliseconds).toBeLessThan(500)
  })
})

describe('the settings of encoders', () => {
  interface Plan {
    encoder: string
    settings: Record<string, string>
  }

  /** What the log says that encoders would be opened with, which it does with or without a device. */
  async function plansFor(configs: object[]): Promise<Plan[]> {
    const env = { WEBCODECS_NATIVE_DEVICE: 'none', WEBCODECS_NATIVE_LOG: 'codec=debug' }
    const { stderr } = await answers(
      configs.map((config) => ({ bitrate: 1_000_000, ...hard, ...config })),
      env,
    )
    return [...stderr.matchAll(/plan for (\S+) (.*)$/gm)].map(([, encoder, text]) => ({
      encoder: encoder!,
      settings: Object.fromEntries([...text!.matchAll(/(\S+)=(\S+)/g)].map(([, name, value]) => [name!, value!])),
    }))
  }

  /** An encoder's own options, with the names that their values may have. */
  async function optionsOf(encoder: string): Promise<Map<string, string[]>> {
    const { stdout } = await run('ffmpeg', ['-hide_banner', '-h', `encoder=${encoder}`])
    const options = new Map<string, string[]>()
    let names: string[] = []
    for (const line of stdout.toString().split('\n')) {
      const [, option] = /^ {2}-(\S+) +<(?:int|boolean|flags|string|float)>/.exec(line) ?? []
      const [, name] = /^ {5}(\S+) /.exec(line) ?? []
      if (option) {
        names = []
        options.set(option, names)
      } else if (name) names.push(name)
    }
    return options
  }

  /** Options that libavcodec has for all encoders. */
  const generic = new Set(['level', 'profile'])

  it('are options and values that the encoders of this FFmpeg have', async () => {
    const modes = ['realtime', 'quality'].flatMap((latencyMode) =>
      ['constant', 'variable'].map((bitrateMode) => ({ latencyMode, bitrateMode })),
    )
    const plans = await plansFor(codecs.flatMap((codec) => modes.map((mode) => ({ codec, ...mode }))))
    const encoders = new Set(plans.map(({ encoder }) => encoder))
    const usual = ['nvenc', 'vaapi', 'qsv', 'v4l2m2m'].map((kind) => `h264_${kind}`)
    expect([...encoders]).toEqual(expect.arrayContaining(usual))
    const options = new Map<string, Map<string, string[]>>()
    for (const encoder of encoders) options.set(encoder, await optionsOf(encoder))
    for (const { encoder, settings } of plans) {
      for (const [option, value] of Object.entries(settings)) {
        const names = options.get(encoder)!.get(option)
        expect(names !== undefined || generic.has(option), `${encoder} has ${option}`).toBe(true)
        const words = names ? value.split('+').filter((word) => !/^\d+$/.test(word)) : []
        for (const word of words) expect(names, `${encoder} takes ${value} for ${option}`).toContain(word)
      }
    }
  })

  it('hold no frame back in realtime mode', async () => {
    const plans = await plansFor([{ codec: 'avc1.42001f', latencyMode: 'realtime' }])
    const settings = Object.fromEntries(plans.map((plan) => [plan.encoder, plan.settings]))
    expect(settings['h264_nvenc']).toMatchObject({ delay: '0', zerolatency: '1', tune: 'ull' })
    expect(settings['h264_vaapi']).toMatchObject({ async_depth: '1' })
    expect(settings['h264_qsv']).toMatchObject({ async_depth: '1' })
  })
})

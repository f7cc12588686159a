/** The command line, as processes and on a terminal. */
import { spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeAll } from '../helpers/demo.js'
import { makeClip, testClipArguments } from '../helpers/media.js'

const bin = fileURLToPath(new URL('../../bin/webcodecs-native.mjs', import.meta.url))
const sine = ['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=2', '-c:a', 'aac']
const withSound = () => makeClip([...sine, ...testClipArguments()], 'mp4')
/** Long enough to be interrupted. */
const long = ({ width = 1280, height = 720 } = {}) =>
  makeClip(testClipArguments({ width, height, seconds: 8, x264: ['-preset', 'ultrafast'] }), 'mp4')

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

interface Options {
  /** Called with what was printed so far, each time that there is more. */
  watch?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
  /** Called each 50 ms until the end. */
  poll?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>
}

let cwd: string

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'webcodecs-cli-test-'))
})

afterEach(() => rm(cwd, { recursive: true, force: true }))

function start(command: string, args: readonly string[], { watch, poll }: Options = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const kill = (signal: NodeJS.Signals) => void child.kill(signal)
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      watch?.(stdout, kill)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const timer = poll ? setInterval(() => void poll(kill), 50) : undefined
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(timer)
      resolve({ code, signal, stdout, stderr })
    })
  })
}

const cli = (args: readonly string[], options?: Options) => start(process.execPath, [bin, ...args], options)

/** Runs the command on a pseudo-terminal of 100 columns; `interrupt` presses Ctrl-C when the text matches. */
const terminal = (args: readonly string[], interrupt = 'never') =>
  start('python3', [
    '-c',
    `
import os, pty, sys, fcntl, termios, struct, re
pid, fd = pty.fork()
if pid == 0:
    os.environ['TERM'] = 'xterm'
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 100, 0, 0))
seen = b''
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    seen += data
    sys.stdout.buffer.write(data)
    if re.search(sys.argv[1].encode(), seen):
        os.write(fd, b'\\x03')
        sys.argv[1] = 'never'
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
`,
    interrupt,
    process.execPath,
    bin,
    ...args,
  ])

const ESCAPE = '\x1b'
/** What moves the cursor or clears. */
const SEQUENCE = new RegExp(`${ESCAPE}\\[[0-9;]*[A-Z]`, 'g')

describe('transcode', () => {
  it('prints a result without control characters when it is on no terminal', async () => {
    const { code, stdout, stderr } = await cli(['transcode', await withSound(), 'out.mp4', '--quality', '30'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^output +size +video +audio\nout\.mp4 .* 320x240, 50 frames, .* mp4a\.40\.2 copied\n/)
    for (const control of ['\r', ESCAPE]) expect(stdout).not.toContain(control)
    expect(await decodeAll(join(cwd, 'out.mp4'))).toEqual({ pictures: 50, complaints: '' })
  })

  it('prints JSON alone when asked', async () => {
    const args = [
      '--json',
      '--width',
      '160',
      '--from',
      '0:00.5',
      '--to',
      '1.5',
      '--encoder-options',
      'preset=ultrafast',
    ]
    const { code, stdout } = await cli(['transcode', await withSound(), 'out.mp4', ...args])
    expect(code).toBe(0)
    expect(JSON.parse(stdout).outputs[0]).toMatchObject({ video: { frames: 25, width: 160, height: 120 } })
  })

  it('draws a bar on a terminal', async () => {
    const { code, stdout } = await terminal([
      'transcode',
      await long(),
      'out.mp4',
      '--encoder-options',
      'preset=ultrafast',
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/\[#+-*\] +\d+ % +\d+ fps +[\d.]+x +ETA \d+:\d\d +[\d.]+ [kM]?B/)
    const drawn = stdout.split('\r').map((line) => line.replaceAll(SEQUENCE, ''))
    for (const line of drawn.filter((text) => text.includes('['))) expect(line.length).toBeLessThan(100)
  })

  it('stops at Ctrl-C within a second, and leaves no half file', async () => {
    let asked = 0
    const poll = async (kill: (signal: NodeJS.Signals) => void) => {
      if (asked || !(await readdir(cwd)).some((name) => name.endsWith('.part'))) return
      asked = performance.now()
      kill('SIGINT')
    }
    const { code } = await cli(['transcode', await long(), 'out.mp4'], { poll })
    expect(code).toBe(130)
    expect(performance.now() - asked).toBeLessThan(1000)
    expect(await readdir(cwd)).toEqual([])
  })

  it('clears its bar at Ctrl-C on a terminal', async () => {
    const { code, stdout } = await terminal(['transcode', await long(), 'out.mp4'], String.raw`\d+ % +[1-9]`)
    expect(code).toBe(130)
    expect(stdout.slice(stdout.lastIndexOf('['))).toMatch(/^\[J/)
    expect(await readdir(cwd)).toEqual([])
  })

  it.each<[string, string[], RegExp]>([
    ['a missing input', ['missing.mp4', 'out.mp4'], /missing\.mp4: there is no such file/],
    ['an unknown option', ['in.mp4', 'out.mp4', '--colour', 'red'], /Unknown option '--colour'/],
    ['a bitrate of words', ['in.mp4', 'out.mp4', '--bitrate', 'much'], /for video\.bitrate but received "much"/],
    ['a width of words', ['in.mp4', 'out.mp4', '--width', 'wide'], /expected a number for --width but received "wide"/],
    ['an unknown container', ['in.mp4', 'out.xyz'], /expected a container/],
    [
      'a preset file that is not there',
      ['in.mp4', 'out.mp4', '--preset', './no.json'],
      /there is no file \.\/no\.json/,
    ],
    ['one argument', ['in.mp4'], /expected an input and an output/],
  ])('refuses %s in one line, with status 1', async (_, args, message) => {
    const { code, stdout, stderr } = await cli(['transcode', ...args])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('replaces an output only when told to', async () => {
    await writeFile(join(cwd, 'out.mp4'), 'precious')
    const { code, stderr } = await cli(['transcode', await withSound(), 'out.mp4'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('--overwrite replaces it') })
    expect(await readFile(join(cwd, 'out.mp4'), 'utf8')).toBe('precious')
  })
})

describe('the other commands', () => {
  it('probe tells what is in a file', async () => {
    const { code, stdout } = await cli(['probe', '--json', await withSound(), 'missing.mp4'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({ format: 'MP4', tracks: [expect.anything(), expect.anything()] }),
      { path: 'missing.mp4', error: expect.objectContaining({ code: 'not-found' }) },
    ])
  })

  it('codecs tells what this build does', async () => {
    const { code, stdout } = await cli(['codecs', '--json'])
    expect(code).toBe(0)
    const { video, audio } = JSON.parse(stdout)
    const h264 = expect.objectContaining({ codec: 'h264', bitDepth: 8, decoder: true, realtime: true })
    expect(video).toEqual(expect.arrayContaining([h264]))
    expect(audio).toEqual(expect.arrayContaining([{ codec: 'mp4a.40.5', encoder: false, decoder: true }]))
  })

  it('doctor says what is missing before the addon is built, and what mends it', async () => {
    const { code, stdout } = await start('env', [
      `WEBCODECS_NATIVE_ADDON=${join(cwd, 'nothing.node')}`,
      ...[process.execPath, bin, 'doctor'],
    ])
    expect(code).toBe(1)
    expect(stdout).toMatch(/native addon +MISSING/)
    expect(stdout).toMatch(/npx webcodecs-native build/)
    expect(await cli(['doctor', '--json'])).toMatchObject({ code: 0 })
  })

  it.each([...['transcode', 'batch', 'probe', 'codecs', 'doctor', 'build', 'watch', 'worker', 'dashboard']])(
    '%s has --help',
    async (command) => {
      const { code, stdout, stderr } = await cli([command, '--help'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(new RegExp(`^Usage: webcodecs-native ${command}`))
    },
  )

  it('lists the commands, and knows no others', async () => {
    expect((await cli(['--help'])).stdout).toMatch(/^ {2}transcode /m)
    expect(await cli(['dance'])).toMatchObject({ code: 1, stdout: '' })
  })
})

describe('batch', () => {
  const fast = ['--quality', '30', '--encoder-options', 'preset=ultrafast']
  const records = async () => {
    const text = await readFile(join(cwd, 'done/.webcodecs-batch.jsonl'), 'utf8')
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  }

  it('does all but the broken one, and tells which and why', async () => {
    await mkdir(join(cwd, 'in/deep'), { recursive: true })
    await copyFile(await withSound(), join(cwd, 'in/a.mp4'))
    await copyFile(await makeClip(testClipArguments({ fps: 20 }), 'mp4'), join(cwd, 'in/deep/b.mp4'))
    await writeFile(join(cwd, 'in/broken.mp4'), 'no media')
    const { code, stdout } = await cli(['batch', 'in/**/*.mp4', '--out', 'done', ...fast])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^FAILED {2}in\/broken\.mp4: .* not a media file/m)
    expect(stdout).toMatch(/^3 files: 2 done, 0 finished before, 1 failed/m)
    expect(stdout).not.toContain(ESCAPE)
    expect(await decodeAll(join(cwd, 'done/a.mp4'))).toEqual({ pictures: 50, complaints: '' })
    expect(await decodeAll(join(cwd, 'done/deep/b.mp4'))).toEqual({ pictures: 40, complaints: '' })
    const done = (await records()).find(({ type, input }) => type === 'done' && input === 'in/a.mp4')
    expect(done.probe.tracks).toHaveLength(2)
    expect(done.result.outputs[0].video.bytesPerSecond).toHaveLength(2)
  })

  it('prints the name of a file in chunks as it was given', async () => {
    const { code, stdout } = await cli(['transcode', await withSound(), 'out.mp4', '--chunked', ...fast])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^out\.mp4 /m)
  })

  it('knows finished work by its content and settings, not by its name', async () => {
    await mkdir(join(cwd, 'in'))
    await copyFile(await withSound(), join(cwd, 'in/a.mp4'))
    const run = async (...args: string[]) => {
      const { stdout } = await cli(['batch', 'in/*.mp4', '--out', 'done', '--json', ...fast, ...args])
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(lines.slice(-2)).toMatchObject([
        { type: 'report', path: 'done/report.html' },
        { type: 'end', total: 1 },
      ])
      expect(lines.at(-3)).toMatchObject({ type: 'total', ended: 1, total: 1, fraction: 1 })
      const progress = lines.filter(({ type }) => type === 'progress')
      for (const line of progress) expect(line).toMatchObject({ index: 0, progress: { frames: expect.any(Number) } })
      const end = lines.at(-4)
      if (end.record.copied === false && end.type === 'done')
        expect(progress.at(-1)).toMatchObject({ progress: { frames: 50, eta: 0 } })
      return end
    }
    expect(await run()).toMatchObject({ type: 'done', record: { copied: false } })
    expect(await run()).toMatchObject({ type: 'skipped' })
    expect(await run('--width', '160')).toMatchObject({ type: 'done', record: { copied: false } })
    await run()
    await rename(join(cwd, 'in/a.mp4'), join(cwd, 'in/b.mp4'))
    expect(await run()).toMatchObject({ type: 'done', record: { copied: true } })
    expect(await decodeAll(join(cwd, 'done/b.mp4'))).toEqual({ pictures: 50, complaints: '' })
    await rm(join(cwd, 'done/b.mp4'))
    await rm(join(cwd, 'done/a.mp4'))
    expect(await run()).toMatchObject({ type: 'done', record: { copied: false } })
  })

  it('writes its report elsewhere, or not at all, but never over a source', async () => {
    await mkdir(join(cwd, 'in'))
    await copyFile(await withSound(), join(cwd, 'in/a.mp4'))
    const run = (...args: string[]) => cli(['batch', 'in/*.mp4', '--out', 'done', ...fast, ...args])
    expect(await run('--no-report')).toMatchObject({ code: 0 })
    expect((await readdir(join(cwd, 'done'))).sort()).toEqual(['.webcodecs-batch.jsonl', 'a.mp4'])
    // Pictures of what was finished before are made when they are wanted.
    expect(await run('--report', 'reports/today.html')).toMatchObject({ code: 0 })
    expect(await readFile(join(cwd, 'reports/today.html'), 'utf8')).toMatch(/finished before[\s\S]*data:image\/webp/)
    const before = await readFile(join(cwd, 'in/a.mp4'))
    const { code, stderr } = await run('--report', 'in/a.mp4')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/expected a path of its own for report/),
    })
    expect(await readFile(join(cwd, 'in/a.mp4'))).toEqual(before)
    expect(await run('--report', 'x.html', '--no-report')).toMatchObject({ code: 1 })
  })

  it('continues after kill -9', async () => {
    await mkdir(join(cwd, 'in'))
    await copyFile(await withSound(), join(cwd, 'in/a.mp4'))
    await copyFile(await long({ width: 640, height: 360 }), join(cwd, 'in/b.mp4'))
    const args = ['batch', 'in/*.mp4', '--out', 'done', '--jobs', '1']
    const poll = async (kill: (signal: NodeJS.Signals) => void) => {
      const names = await readdir(join(cwd, 'done')).catch((): string[] => [])
      if (names.includes('a.mp4') && names.some((name) => name.startsWith('.b.mp4'))) kill('SIGKILL')
    }
    expect(await cli(args, { poll })).toMatchObject({ signal: 'SIGKILL' })
    const before = await stat(join(cwd, 'done/a.mp4'))
    const { code, stdout } = await cli(args)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^2 files: 1 done, 1 finished before, 0 failed/m)
    expect((await stat(join(cwd, 'done/a.mp4'))).mtimeMs).toBe(before.mtimeMs)
    expect((await decodeAll(join(cwd, 'done/b.mp4'))).complaints).toBe('')
    const files = ['.webcodecs-batch.jsonl', '.webcodecs-batch.pictures', 'a.mp4', 'b.mp4', 'report.html']
    expect((await readdir(join(cwd, 'done'))).sort()).toEqual(files)
  })

  it('stops at Ctrl-C with status 130, and leaves no half file', async () => {
    await mkdir(join(cwd, 'in'))
    await copyFile(await long(), join(cwd, 'in/a.mp4'))
    const { code, stdout } = await terminal(['batch', 'in/*.mp4', '--out', 'done'], String.raw`\d+ % +[1-9]`)
    expect(code).toBe(130)
    expect(stdout.replaceAll(SEQUENCE, '')).toMatch(/a\.mp4 +\[#*-*\]/)
    expect(stdout).toMatch(/0 of 1 files/)
    expect((await readdir(join(cwd, 'done'))).sort()).toEqual(['.webcodecs-batch.jsonl', 'report.html'])
    const report = await readFile(join(cwd, 'done/report.html'), 'utf8')
    expect(report).toMatch(/The batch was interrupted/)
    expect(report).toMatch(/<bdi>in\/a\.mp4<\/bdi>.*not finished/)
  })
})

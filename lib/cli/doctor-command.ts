/** webcodecs-native doctor: what is there, what is missing, and the command that mends it. */
import { existsSync, readdirSync } from 'node:fs'
import { parseCommand } from './arguments.js'
import { formatTable } from './format.js'

export const doctorHelp = `Usage: webcodecs-native doctor [--json]

Tells whether this machine has what the package needs, which hardware it found, and what to run where something is missing.
The exit status is 1 when something is missing that nothing works without.

  --json    prints the result as JSON, and nothing else
  --help    this text`

/** What the doctor needs to know of the package, and cannot know from inside of a bundle. */
export interface Installation {
  /** Path of the addon. */
  readonly addon: string
  /** Debian packages that building needs, or that more codecs need; of those what this machine lacks. */
  missingPackages(options: { toBuild: boolean }): Promise<string[]>
  /** What installs packages. */
  installCommand(packages: readonly string[]): string
}

type State = 'ok' | 'missing' | 'optional'

interface Finding {
  what: string
  state: State
  detail: string
  /** What to run. */
  command?: string
}

const LOWEST_NODE = 20

export async function doctorCommand(args: readonly string[], installation: Installation): Promise<number> {
  const { values } = parseCommand('doctor', args, { json: { type: 'boolean' } })
  const findings = [
    checkNode(),
    ...(await checkPackages(installation)),
    ...(await checkAddon(installation)),
    ...(await checkHardware(installation)),
  ]
  const healthy = findings.every(({ state }) => state !== 'missing')
  console.log(values['json'] === true ? JSON.stringify({ healthy, findings }) : describe(findings, healthy))
  return healthy ? 0 : 1
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  const state = major >= LOWEST_NODE ? 'ok' : 'missing'
  return { what: 'Node.js', state, detail: `${process.versions.node} (${LOWEST_NODE} or newer is needed)` }
}

async function checkPackages({ missingPackages, installCommand }: Installation): Promise<Finding[]> {
  const needed = await missingPackages({ toBuild: true })
  const optional = (await missingPackages({ toBuild: false })).filter((name) => !needed.includes(name))
  const findings: Finding[] = []
  if (needed.length > 0) {
    const detail = `to build the addon: ${needed.join(' ')}`
    findings.push({ what: 'system packages', state: 'missing', detail, command: installCommand(needed) })
  } else {
    findings.push({ what: 'system packages', state: 'ok', detail: 'all that building needs' })
  }
  if (optional.length > 0) {
    const detail = `for more codecs and images, then build again: ${optional.join(' ')}`
    findings.push({ what: 'more packages', state: 'optional', detail, command: installCommand(optional) })
  }
  return findings
}

async function checkAddon({ addon }: Installation): Promise<Finding[]> {
  const command = 'npx webcodecs-native build'
  if (!existsSync(process.env['WEBCODECS_NATIVE_ADDON'] ?? addon)) {
    return [{ what: 'native addon', state: 'missing', detail: `it is not built (no ${addon})`, command }]
  }
  try {
    const { loadBinding } = await import('../binding.js')
    const { avcodec, libyuv, license } = loadBinding().versions()
    const detail = `libavcodec ${avcodec} (${license}), libyuv ${libyuv}`
    return [{ what: 'native addon', state: 'ok', detail }]
  } catch (error) {
    const [line] = (error as Error).message.split('\n')
    return [{ what: 'native addon', state: 'missing', detail: `it does not load (${line})`, command }]
  }
}

/** Device files that graphics drivers make. */
function deviceFiles(): string[] {
  const nodes = (folder: string, pattern: RegExp) => {
    try {
      return readdirSync(folder)
        .filter((name) => pattern.test(name))
        .map((name) => `${folder}/${name}`)
    } catch {
      return []
    }
  }
  return [...nodes('/dev/dri', /^renderD/), ...nodes('/dev', /^nvidia\d/)]
}

async function checkHardware({ addon }: Installation): Promise<Finding[]> {
  const devices = deviceFiles()
  const found = devices.length > 0 ? devices.join(', ') : 'no device'
  if (!existsSync(process.env['WEBCODECS_NATIVE_ADDON'] ?? addon)) {
    return [{ what: 'hardware', state: devices.length > 0 ? 'ok' : 'optional', detail: found }]
  }
  try {
    const { VideoEncoder } = await import('../video-encoder.js')
    const config = { codec: 'avc1.640028', width: 1280, height: 720, hardwareAcceleration: 'prefer-hardware' } as const
    const { supported } = await VideoEncoder.isConfigSupported(config)
    const detail = `${found}; H.264 is ${supported ? '' : 'not '}encoded by hardware`
    return [{ what: 'hardware', state: supported ? 'ok' : 'optional', detail }]
  } catch {
    return [{ what: 'hardware', state: 'optional', detail: found }]
  }
}

function describe(findings: readonly Finding[], healthy: boolean): string {
  const words: Record<State, string> = { ok: 'ok', missing: 'MISSING', optional: 'not there' }
  const rows = findings.map(({ what, state, detail }) => [what, words[state], detail])
  const commands = findings.flatMap(({ command }) => (command ? [`  ${command}`] : []))
  const advice = commands.length > 0 ? ['', 'What mends it:', '', ...commands] : []
  return [
    formatTable(rows),
    ...advice,
    '',
    healthy ? 'Everything that is needed is there.' : 'Something is missing.',
  ].join('\n')
}

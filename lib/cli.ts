/** The command line, behind bin/webcodecs-native.mjs. */
import type { Installation } from './cli/doctor-command.js'
import { UsageError } from './cli/usage-error.js'
import './quiet-aws.js'
import './small-young-generation.js'

interface Command {
  readonly name: string
  readonly summary: string
  /** Loaded when it is called for: doctor must not wait for what a broken machine lacks. */
  load(): Promise<{ help: string; run(args: readonly string[], installation: Installation): Promise<number> }>
}

const COMMANDS: readonly Command[] = [
  {
    name: 'transcode',
    summary: 'one file into another',
    load: async () => {
      const { transcodeHelp: help, transcodeCommand: run } = await import('./cli/transcode-command.js')
      return { help, run }
    },
  },
  {
    name: 'batch',
    summary: 'many files, with what was finished before left as it is',
    load: async () => {
      const { batchHelp: help, batchCommand: run } = await import('./cli/batch-command.js')
      return { help, run }
    },
  },
  {
    name: 'probe',
    summary: 'what is in a file',
    load: async () => {
      const { probeHelp: help, probeCommand: run } = await import('./cli/probe-command.js')
      return { help, run }
    },
  },
  {
    name: 'codecs',
    summary: 'what this build encodes and decodes',
    load: async () => {
      const { codecsHelp: help, codecsCommand: run } = await import('./cli/codecs-command.js')
      return { help, run }
    },
  },
  {
    name: 'doctor',
    summary: 'what is installed, what is missing, and what mends it',
    load: async () => {
      const { doctorHelp: help, doctorCommand: run } = await import('./cli/doctor-command.js')
      return { help, run }
    },
  },
]

/** What the commands do, in a line each. */
export const commandSummaries: readonly (readonly [string, string])[] = COMMANDS.map(({ name, summary }) => [
  name,
  summary,
])

/**
 * Runs a command.
 * @returns the exit status; undefined when there is no such command
 */
export async function runCommand(
  name: string,
  args: readonly string[],
  installation: Installation,
): Promise<number | undefined> {
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (!command) return undefined
  const { help, run } = await command.load()
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help)
    return 0
  }
  try {
    return await run(args, installation)
  } catch (error) {
    const { BatchError } = await import('./batch/errors.js')
    if (!(error instanceof BatchError) && !(error instanceof UsageError)) throw error
    if (args.includes('--json')) {
      const plain = error instanceof BatchError ? error : { name: 'UsageError', code: 'usage', message: error.message }
      console.log(JSON.stringify({ error: plain }))
    }
    console.error(`webcodecs-native: ${error.message}`)
    return 1
  }
}

/** Arguments of a command. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './usage-error.js'

/** What was given: texts, lists of them for what may be given several times, and true for flags. */
export type Values = Readonly<Record<string, string | boolean | string[] | undefined>>

/** @throws UsageError in one line, for an option that the command has not */
export function parseCommand(
  command: string,
  args: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
): { values: Values; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { values: values as Values, positionals }
  } catch (error) {
    const [line] = (error as Error).message.split('\n')
    throw new UsageError(`${line!.split('. ')[0]}: see webcodecs-native ${command} --help`)
  }
}

export function expectedExitCode(scenario: string): number
export function scenarioNames(): string[]

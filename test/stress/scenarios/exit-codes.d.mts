export const exitCodes: Record<string, number>
export function expectedExitCode(scenario: string): number

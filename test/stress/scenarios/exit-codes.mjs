/** How the scenarios end that do not end with status 0. */
export const exitCodes = {
  'process-exit-mid-encode': 7,
  'process-exit-mid-decode': 7,
  'uncaught-exception-mid-encode': 1,
}

export function expectedExitCode(scenario) {
  return exitCodes[scenario] ?? 0
}

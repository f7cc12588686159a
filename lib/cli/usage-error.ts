/** A fault of whoever typed the command: printed as one line. */
export class UsageError extends Error {}

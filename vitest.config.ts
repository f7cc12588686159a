import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // One process per file: a native abort is one failed worker, not a lost run.
    pool: 'forks',
    execArgv: ['--expose-gc'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One more than there are processors in the smallest machine: many tests wait for a process that they started.
    maxWorkers: 3,
  },
})

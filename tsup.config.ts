import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'lib/index.ts',
    'lib/register.ts',
    'lib/pool.ts',
    'lib/zero-copy.ts',
    'lib/worker.ts',
    'lib/containers.ts',
    'lib/diagnostics.ts',
    'lib/batch.ts',
    'lib/capture.ts',
    'lib/farm.ts',
    // A program of its own, which lib/batch/steps/step-pool.ts starts.
    'lib/batch/steps/step-process.ts',
    'lib/cli.ts',
    // A program of its own, which lib/batch/job-processes.ts starts.
    'lib/job-process.ts',
  ],
  format: ['esm', 'cjs'],
  dts: true,
  clean: true,
  sourcemap: true,
  target: 'node20',
  platform: 'node',
  // `import.meta.url` must work in the CommonJS build too: binding.ts finds the addon by it.
  shims: true,
  splitting: true,
})

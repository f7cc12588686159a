import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, the longest first: one that begins last would be waited for alone. */
const slowest = [
  'clips/transcode',
  'interop/chromium-codec',
  'interop/demo',
  'clips/decode',
  'stress/corrupt-input',
  'clips/conversion',
  'interop/batch-cli',
  'clips/demo',
  'farm/queue',
  'conformance/encode-every-codec',
  'conformance/round-trip-matrix',
  'farm/batch',
  'farm/batch-store',
  'conformance/batch-transcode',
  'conformance/batch-containers',
  'conformance/encode-layers',
  'farm/local',
  'stress/formats',
  'conformance/encode-formats',
  'conformance/encode-options',
  'conformance/hardware',
  'interop/chromium-audio',
  'conformance/encode-quantizer',
  'conformance/encode-content-hint',
  'interop/chromium-api',
  'stress/storms',
  'stress/workers',
  'conformance/encode-rate',
  'stress/capture',
  'conformance/decode-exact',
  'clips/audio',
  'conformance/encode-reconfigure',
  'conformance/mux',
  'conformance/demux',
  'conformance/encode-resources',
  'farm/chunked',
].map((name) => `/test/${name}.test.ts`)

/** How many of the slowest a file comes before, or is one of: larger first. */
function slowness({ moduleId }: TestSpecification): number {
  const place = slowest.findIndex((name) => moduleId.endsWith(name))
  return place < 0 ? 0 : slowest.length - place
}

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => slowness(b) - slowness(a))
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/warm/global-setup.ts'],
    // One process per file: a native abort is one failed worker, not a lost run.
    pool: 'forks',
    execArgv: ['--expose-gc'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One more than there are processors in the smallest machine: many tests wait for a process that they started.
    maxWorkers: 3,
    sequence: { sequencer: SlowestFirst },
  },
})

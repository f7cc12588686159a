// Some inputs for each fuzz target, in one process: what test/fuzz does at length, here for the sanitizers.
import { loadTargets, runTarget } from '../../fuzz/harness.mjs'

for (const target of (await loadTargets()).values()) await runTarget(target, 1, 30)

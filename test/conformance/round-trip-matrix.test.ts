import { describe, expect, it } from 'vitest'
import { VideoEncoder } from '../../lib/index.js'
import {
  allConfigurations,
  denialOf,
  describeConfiguration,
  encoderConfigOf,
  someRoundTrips,
} from '../helpers/matrix.js'
import { testRoundTrips } from '../helpers/round-trip-tests.js'

const seed = Number(process.env['WEBCODECS_TEST_SEED'] ?? 1)

describe('isConfigSupported()', () => {
  it('denies what the table of denials names, and nothing else', async () => {
    const wrong: string[] = []
    for (const configuration of allConfigurations()) {
      const { supported } = await VideoEncoder.isConfigSupported(encoderConfigOf(configuration))
      const denial = denialOf(configuration)
      if (supported !== (denial === undefined)) {
        wrong.push(`${describeConfiguration(configuration)}: supported ${supported}, expected denial: ${denial}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe(`a round trip keeps everything, seed ${seed}`, () => testRoundTrips(someRoundTrips(seed)))

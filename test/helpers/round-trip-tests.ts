import { expect, it } from 'vitest'
import { describeConfiguration, type RoundTrip } from './matrix.js'
import { expectedRoundTrip, runRoundTrip } from './round-trip.js'

/**
 * dB of the worst plane of the worst picture. Pictures of a few samples have hardly anything to average over, and rate
 * control finds its level within the first frames.
 */
function lowestPsnr({ size }: RoundTrip): number {
  if (size.width < 8) return 16
  return size.width < 64 ? 24 : 30
}

/** One test for each; the bitstream formats of H.264 and HEVC take turns. */
export function testRoundTrips(roundTrips: readonly RoundTrip[]): void {
  it.each(roundTrips.map((roundTrip, index) => [nameOf(roundTrip), roundTrip, index % 2 === 1] as const))(
    '%s',
    async (_, roundTrip, annexb) => {
      const result = await runRoundTrip(roundTrip, annexb)
      expect(result).toMatchObject(expectedRoundTrip(roundTrip))
      expect(result.lowestLumaPsnr).toBeGreaterThan(lowestPsnr(roundTrip))
      expect(result.lowestChromaPsnr).toBeGreaterThan(lowestPsnr(roundTrip))
    },
  )
}

function nameOf(roundTrip: RoundTrip): string {
  const { matrix, transfer, fullRange } = roundTrip.color.space
  const color = `${matrix} ${transfer}${fullRange ? ' full range' : ''}`
  return `${describeConfiguration(roundTrip)} from ${roundTrip.format} in ${color}`
}

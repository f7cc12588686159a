import { allRoundTrips } from '../helpers/matrix.js'
import { testRoundTrips } from '../helpers/round-trip-tests.js'

testRoundTrips(allRoundTrips('vp8'))

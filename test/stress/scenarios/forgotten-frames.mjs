// Frames that are never closed are given back by the garbage collector.
import { assertNothingLives, makeFrame } from './support.mjs'

for (let index = 0; index < 200; index++) makeFrame(index).clone()
await assertNothingLives()

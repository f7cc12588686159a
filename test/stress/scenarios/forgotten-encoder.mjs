// A codec that nobody refers to is collected, with its thread and what it held.
import { assertNothingLives, encodeFrames, makeEncoder } from './support.mjs'

async function forget() {
  const { encoder } = makeEncoder()
  encodeFrames(encoder, 5)
  await encoder.flush()
}
for (let i = 0; i < 10; i++) await forget()
await assertNothingLives()

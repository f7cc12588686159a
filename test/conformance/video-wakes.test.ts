import { expect, it } from 'vitest'
import { counters, VideoDecoder } from '../../lib/index.js'
import { demux, makeClip, testClipArguments } from '../helpers/media.js'

const clip = { width: 1280, height: 720, seconds: 3, x264: ['-preset', 'ultrafast'] }

// A busy machine decodes too slowly for pictures to wait for one another.
it('wakes JavaScript once for several pictures where they come fast', { retry: 3 }, async () => {
  const { config, chunks } = await demux(await makeClip(testClipArguments(clip), 'mp4'))
  let frames = 0
  const decoder = new VideoDecoder({
    output(frame) {
      frames++
      frame.close()
    },
    error(error) {
      throw error
    },
  })
  decoder.configure(config)
  const before = counters().wakes
  for (const chunk of chunks) decoder.decode(chunk)
  await decoder.flush()
  const wakes = counters().wakes - before
  decoder.close()
  expect(frames).toBe(chunks.length)
  expect(wakes).toBeLessThan(frames)
})

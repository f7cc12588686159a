import { describe, expect, it } from 'vitest'
import type { JobDescription } from '../../lib/batch.js'
import { errorFromJSON, InputError, JobError, parseJob, presetNames } from '../../lib/batch.js'

const job = (description: object) => parseJob({ input: 'in.mov', output: 'out.mp4', ...description } as JobDescription)
const video = (settings: object) => job({ video: settings }).renditions[0]!.video

describe('parseJob', () => {
  it('completes the shortest description', () => {
    expect(parseJob({ input: 'in.mov', output: 'out.webm' })).toEqual({
      input: { path: 'in.mov' },
      renditions: [{ name: '0', output: 'out.webm', container: 'webm', video: {}, audio: {} }],
      from: 0,
      metadata: {},
    })
  })

  it('returns what it would take itself, also after a journey as JSON', () => {
    const parsed = parseJob({
      input: 'in.mov',
      preset: 'web',
      threads: 2,
      renditions: [
        { name: 'hd', output: 'hd.mp4' },
        { name: 'none', output: 'sound.m4a', video: false },
      ],
      thumbnails: { output: 'thumb-%d.webp' },
      contactSheet: { output: 'sheet.png' },
      hls: { output: 'hls' },
      to: 3,
    })
    expect(parseJob(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed)
  })

  it('reads bitrates with units', () => {
    expect(video({ bitrate: '2.5M' })).toEqual({ bitrate: 2_500_000 })
    expect(video({ bitrate: '800k' })).toEqual({ bitrate: 800_000 })
    expect(video({ bitrate: 1_000_000 })).toEqual({ bitrate: 1_000_000 })
  })

  it('takes a codec for settings, and false for none', () => {
    expect(job({ video: 'vp9', audio: false }).renditions[0]).toMatchObject({ video: { codec: 'vp9' }, audio: false })
  })

  it('gives renditions what the job says, member by member', () => {
    const { renditions } = parseJob({
      input: 'in.mov',
      video: { codec: 'h264', quality: 20, encoderOptions: { preset: 'slow' } },
      renditions: [
        { output: 'a.mp4', video: { width: 640 } },
        { output: 'b.webm', video: { codec: 'vp9' } },
      ],
    })
    expect(renditions[0]!.video).toEqual({ codec: 'h264', quality: 20, encoderOptions: { preset: 'slow' }, width: 640 })
    // The rest was meant for another library.
    expect(renditions[1]!.video).toEqual({ codec: 'vp9' })
  })

  it('has presets, which what is given overrides', () => {
    for (const preset of presetNames) expect(job({ preset }).renditions[0]!.video).toMatchObject({ codec: 'h264' })
    expect(job({ preset: 'web', video: { quality: 30 } }).renditions[0]!.video).toMatchObject({ quality: 30 })
    expect(job({ preset: 'web', video: { bitrate: '1M' } }).renditions[0]!.video).toMatchObject({ bitrate: 1e6 })
  })

  it.each<[string, object, RegExp]>([
    ['no input', { input: undefined }, /^expected a value for input but received undefined$/],
    ['an unknown member', { bitrate: 1 }, /^expected one of input, .* but received bitrate$/],
    ['an unknown setting', { video: { birtate: 1 } }, /but received video\.birtate$/],
    ['a bitrate of words', { video: { bitrate: 'much' } }, /for video\.bitrate but received "much"$/],
    [
      'an odd width',
      { video: { width: 641 } },
      /^expected an even number of pixels for video\.width but received 641$/,
    ],
    ['a bitrate and a quality', { video: { bitrate: '1M', quality: 3 } }, /either a bitrate or a quality/],
    ['an end before the beginning', { from: 3, to: 2 }, /^expected more than from \(3\) for to but received 2$/],
    [
      'an unknown extension',
      { output: 'out.xyz' },
      /^expected a container, or an output ending with one of .* "out\.xyz"/,
    ],
    ['an unknown preset', { preset: 'best' }, /for preset but received "best"$/],
    ['a copy of another size', { video: { codec: 'copy', width: 640 } }, /^expected no width for video/],
    ['a copy from a place in the middle', { video: 'copy', from: 1 }, /^expected an encoder for video/],
    [
      'thumbnails without a number',
      { thumbnails: { output: 't.webp' } },
      /^expected a path with %d for thumbnails\.output/,
    ],
    [
      'languages of two letters',
      { audio: { tracks: ['en'] } },
      /^expected a language such as "eng" for audio\.tracks\[0\]/,
    ],
    [
      'two outputs of one name',
      { output: undefined, renditions: [{ output: 'a.mp4' }, { output: 'a.mp4' }] },
      /another output/,
    ],
    ['nothing to make', { output: undefined }, /^expected output, renditions, hls, thumbnails or contactSheet/],
  ])('refuses %s', (_, description, message) => {
    expect(() => job(description)).toThrow(JobError)
    expect(() => job(description)).toThrow(message)
  })
})

describe('errors', () => {
  it('survive a journey as JSON', () => {
    const error = new InputError('unreadable', 'in.mov: it cannot be read', { retryable: true })
    const back = errorFromJSON(JSON.parse(JSON.stringify(error)))
    expect(back).toBeInstanceOf(InputError)
    expect(back.toJSON()).toEqual(error.toJSON())
  })
})

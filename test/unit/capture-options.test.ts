import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseCaptureOptions, parseFollowOptions } from '../../lib/capture/options.js'
import { normalizeSource } from '../../lib/capture/source-name.js'

describe('names of sources', () => {
  it.each([
    ['RTSP://Camera.Example:554/Live', 'rtsp://camera.example/Live'],
    ['rtsp://User:Secret@Camera.example/a?B=c#d', 'rtsp://User:Secret@camera.example/a?B=c'],
    ['http://host:80/', 'http://host'],
    ['http://host:8080/x', 'http://host:8080/x'],
    ['https://[::1]:443/x', 'https://[::1]/x'],
    ['lavfi:sine=frequency=440', 'lavfi:sine=frequency=440'],
    ['v4l2:/dev/video0', 'v4l2:/dev/video0'],
  ])('%s is %s', (source, name) => {
    expect(normalizeSource(source)).toBe(name)
  })

  it('a path is absolute, however it is written', () => {
    const name = `file:${resolve('clips/a b.mp4')}`
    expect(normalizeSource('clips/a b.mp4')).toBe(name)
    expect(normalizeSource('./clips/../clips/a b.mp4')).toBe(name)
    expect(normalizeSource(`file://${resolve('clips')}/a%20b.mp4`)).toBe(name)
    expect(normalizeSource(name)).toBe(name)
  })

  it('takes URL objects', () => {
    expect(normalizeSource(new URL('http://HOST/x'))).toBe('http://host/x')
  })

  it.each([undefined, null, '', 7, {}, 'a\0b'])('%s is no source', (source) => {
    expect(() => normalizeSource(source)).toThrow(/^expected a URL, the name of a device or a path for source but/)
  })
})

describe('options of capturing', () => {
  it('what is not stated is left open', () => {
    const request = parseCaptureOptions(undefined)
    expect(request).toMatchObject({
      micros: 0,
      sampleRate: 0,
      channels: 0,
      audio: -1,
      video: -1,
      pace: -1,
      attempts: 0,
    })
  })

  it('times become microseconds', () => {
    const options = { seconds: 1.5, timeout: 2, reconnect: { attempts: Infinity, minDelay: 0.1, maxDelay: 3 } }
    expect(parseCaptureOptions(options)).toMatchObject({
      micros: 1_500_000,
      timeout: 2_000_000,
      attempts: -1,
      minDelay: 100_000,
      maxDelay: 3_000_000,
    })
  })

  it('options of FFmpeg are texts', () => {
    expect(parseCaptureOptions({ inputOptions: { rtsp_transport: 'udp', probesize: 32 } })).toMatchObject({
      hasOptions: true,
      options: ['rtsp_transport', 'udp', 'probesize', '32'],
    })
  })

  it.each([
    [{ seconds: 0 }, 'expected 0.01 to 86400 seconds for options.seconds but received 0'],
    [{ seconds: Infinity }, 'expected 0.01 to 86400 seconds for options.seconds but received Infinity'],
    [{ sampleRate: 44_100.5 }, 'expected an integer for options.sampleRate but received 44100.5'],
    [{ channels: 9 }, 'expected 1 to 8 for options.channels but received 9'],
    [{ pace: 'slow' }, 'expected one of "auto", "realtime", "fast" for options.pace but received "slow"'],
    [{ format: '' }, 'expected the name of a format for options.format but received ""'],
    [{ inputOptions: { a: {} } }, 'expected a string or a number for options.inputOptions.a but received an object'],
    [{ reconnect: { attempts: 0 } }, 'expected 1 to Infinity for options.reconnect.attempts but received 0'],
    [
      { reconnect: { minDelay: 2, maxDelay: 1 } },
      'expected at least minDelay (2 seconds) for options.reconnect.maxDelay but received 1',
    ],
  ])('%o is refused', (options, message) => {
    expect(() => parseCaptureOptions(options)).toThrow(new TypeError(message))
  })

  it('a reader may not begin further back than it may be behind', () => {
    expect(() => parseFollowOptions({ last: 3, maxLag: 2 })).toThrow(
      new TypeError('expected at least options.last (3 seconds) for options.maxLag but received 2'),
    )
    expect(() => parseFollowOptions({ signal: {} })).toThrow(/^expected an AbortSignal for options.signal/)
  })
})

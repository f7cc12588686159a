import { describe, expect, it } from 'vitest'
import { escapeHtml, html } from '../../lib/batch/report/html.js'
import { reportPage } from '../../lib/batch/report/page.js'
import { MOST_POINTS, plotBitrate, pointsOf } from '../../lib/batch/report/plot.js'
import type { ReportedJob } from '../../lib/batch/report/report.js'
import type { DoneRecord } from '../../lib/batch.js'

const HOSTILE = `"><img src=x onerror="alert('x')">&amp;\u202egpj.\u0007`

function record(input: string, seconds = 3): DoneRecord {
  const video = {
    codec: 'avc1.42001e',
    width: 320,
    height: 240,
    frames: seconds * 25,
    duration: seconds,
    bytes: seconds * 1000,
    bitrate: 8000,
    bytesPerSecond: Array.from({ length: seconds }, (_, second) => 1000 + second),
    copied: false,
  }
  const path = `out/${input}.mp4`
  const file = { kind: 'file', name: '0', path, files: [path], container: 'mp4', bytes: 4000, audio: [] } as const
  return {
    type: 'done',
    time: 0,
    key: 'key',
    input,
    inputHash: 'hash',
    job: {
      input: { path: input },
      renditions: [{ name: '0', output: path, video: {}, audio: {} }],
      from: 0,
      metadata: {},
    },
    probe: { path: input, format: 'MP4', bytes: 8000, duration: seconds, metadata: {}, tracks: [] },
    result: {
      outputs: [{ ...file, files: [path], audio: [], video, warnings: [HOSTILE] }],
      seconds: 1.5,
      frames: seconds * 25,
      duration: seconds,
    },
    copied: false,
  }
}

const page = (jobs: readonly ReportedJob[]) =>
  reportPage({
    path: 'out/report.html',
    version: '0.0.0',
    began: new Date(0),
    ended: new Date(61_000),
    interrupted: false,
    jobs,
    picturesLeftOut: 0,
  })

describe('html', () => {
  it('escapes texts, and leaves markup as it is', () => {
    expect(html`<p title="${HOSTILE}">${[html`<b>${'<'}</b>`, null, 0, false]}</p>`.toString()).toBe(
      `<p title="&quot;&gt;&lt;img src=x onerror=&quot;alert(&#39;x&#39;)&quot;&gt;&amp;amp;\ufffdgpj.\u2407"><b>&lt;</b>0</p>`,
    )
  })

  it('leaves no character that begins markup or ends an attribute', () => {
    for (let code = 0; code < 0x100; code++) expect(escapeHtml(String.fromCharCode(code))).not.toMatch(/[<>"'\0]/)
  })
})

describe('the plot of the bitrate', () => {
  it('has a point for each second, the last by its own length', () => {
    expect(pointsOf({ name: 'a', bytesPerSecond: [1000, 2000, 500], duration: 2.5 })).toEqual([
      { seconds: 0.5, bitrate: 8000 },
      { seconds: 1.5, bitrate: 16_000 },
      { seconds: 2.25, bitrate: 8000 },
    ])
  })

  it('has the means of equal parts of a long stream', () => {
    const points = pointsOf({ name: 'a', bytesPerSecond: Array.from({ length: 7200 }, () => 1000), duration: 7200 })
    expect(points).toHaveLength(MOST_POINTS)
    expect(new Set(points.map(({ bitrate }) => bitrate))).toEqual(new Set([8000]))
    expect(points.at(-1)!.seconds).toBe(7200 - 18)
  })

  it('is nothing without video, and finite for what is empty or one picture long', () => {
    expect(plotBitrate([], 'none')).toBeNull()
    expect(plotBitrate([{ name: 'a', bytesPerSecond: [], duration: 0 }], 'none')).toBeNull()
    for (const bytesPerSecond of [[0], [5], [0, 0, 7]]) {
      expect(String(plotBitrate([{ name: 'a', bytesPerSecond, duration: 0.04 }], 'short'))).not.toMatch(/NaN|Infinity/)
    }
  })
})

describe('the page', () => {
  it('shows names and messages as text', () => {
    const error = { name: 'InputError', code: 'unreadable', message: HOSTILE, retryable: false } as const
    const text = page([
      { input: HOSTILE, status: 'done', record: record(HOSTILE) },
      { input: HOSTILE, status: 'failed', error },
    ])
    expect(text).not.toContain('<img')
    expect(text).not.toContain('\u202e')
    expect(text.match(/&lt;img src=x onerror=/g)!.length).toBeGreaterThan(6)
    expect(text).toMatch(/<strong>InputError<\/strong> \(unreadable, not worth another attempt\)/)
    // A link leads to the output, whatever it is called.
    const href = /<a href="(out\/)?([^"]*mp4)">/.exec(text)![2]!
    expect(decodeURIComponent(href.replaceAll('&#39;', "'"))).toBe(`${HOSTILE}.mp4`)
  })

  it('refuses in its own policy whatever is not its own', () => {
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(page([]))!
    expect(policy).toMatch(/^default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-/)
    expect(policy).not.toContain('unsafe')
  })

  it('shows a thousand jobs in a few megabytes, each once in the table and once below', () => {
    const jobs = Array.from({ length: 1000 }, (_, index): ReportedJob => {
      const input = `in/clip-${index}.mov`
      return { input, status: 'done', record: record(input, 600) }
    })
    const text = page(jobs)
    expect(text.match(/<a href="#job-\d+">/g)).toHaveLength(1000)
    expect(text.match(/<article class="job" id="job-\d+"/g)).toHaveLength(1000)
    expect(text.length).toBeLessThan(8e6)
  })

  it('survives records that tell nothing', () => {
    const empty = record('empty.mp4')
    const nothing = { ...empty, result: { ...empty.result, outputs: [], seconds: 0, frames: 0, duration: 0 } }
    const text = page([{ input: 'empty.mp4', status: 'before', record: nothing }])
    expect(text.slice(text.indexOf('<body>'), text.indexOf('<footer'))).not.toMatch(/NaN|Infinity|undefined|null/)
  })
})

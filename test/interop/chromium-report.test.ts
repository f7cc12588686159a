/** The page about a batch, in a browser. */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../helpers/chromium.js'
import { makeClip, testClipArguments } from '../helpers/media.js'

const bin = fileURLToPath(new URL('../../bin/webcodecs-native.mjs', import.meta.url))
const HOSTILE = '<img src=x onerror=document.title="stolen">.mp4'
const sine = ['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=7', '-c:a', 'aac']
/** Three sizes of one source in one job, and HLS. */
const template = {
  video: { codec: 'h264', quality: 28, encoderOptions: { preset: 'ultrafast' }, keyframeInterval: 2 },
  renditions: [
    { name: 'large', video: { width: 320 } },
    { name: 'small', video: { width: 160 } },
  ].map((rendition) => ({
    ...rendition,
    output: `{name}-${rendition.name}.mp4`,
  })),
}

let folder: string
let browser: Browser
let page: Page
const complaints: string[] = []
const requests: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcodecs-report-test-'))
  await mkdir(join(folder, 'in'))
  const clip = await makeClip([...sine, ...testClipArguments({ seconds: 7, x264: ['-g', '30'] })], 'mp4')
  await copyFile(clip, join(folder, 'in', HOSTILE))
  await copyFile(
    await makeClip(testClipArguments({ width: 180, height: 320, seconds: 3 }), 'mp4'),
    join(folder, 'in/tall.mp4'),
  )
  await writeFile(join(folder, 'in/broken.mp4'), 'no media at all')
  await writeFile(join(folder, 'preset.json'), JSON.stringify(template))
  const args = [bin, 'batch', 'in/*.mp4', '--out', 'done', '--preset', './preset.json']
  const ended = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch((error) => error)
  expect(ended).toMatchObject({ code: 1, stdout: expect.stringMatching(/^report {2}done\/report\.html$/m) })
  browser = await launchChromium()
  page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(pathToFileURL(join(folder, 'done/report.html')).href)
})

afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Each picture as 16 by 16 grey values, in the order of the page. */
const pictures = () =>
  page.evaluate(async () => {
    const found = Array.from(document.querySelectorAll<HTMLImageElement>('.pair img'))
    return Promise.all(
      found.map(async (image) => {
        image.loading = 'eager'
        await image.decode()
        const canvas = new OffscreenCanvas(16, 16)
        const context = canvas.getContext('2d')!
        context.drawImage(image, 0, 0, 16, 16)
        const { data } = context.getImageData(0, 0, 16, 16)
        const grey = Array.from({ length: 256 }, (_, at) => (data[at * 4]! + data[at * 4 + 1]! + data[at * 4 + 2]!) / 3)
        return { alt: image.alt, width: image.naturalWidth, height: image.naturalHeight, grey }
      }),
    )
  })

const difference = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length

describe('the report of a batch', () => {
  it('has a row and a section for each job, and hostile names in them as text', async () => {
    const rows = await page.$$eval('#summary tbody tr', (found) =>
      found.map((row) => Array.from((row as HTMLTableRowElement).cells, (cell) => cell.textContent)),
    )
    expect(rows.map(([file, status]) => [file, status])).toEqual([
      [`in/${HOSTILE}`, 'done'],
      ['in/broken.mp4', 'failed'],
      ['in/tall.mp4', 'done'],
    ])
    expect(rows[0]![2]).toMatch(/^avc1\.\w+/)
    expect(await page.$$eval('article.job h2', (found) => found.map(({ textContent }) => textContent))).toEqual(
      rows.map(([file]) => file),
    )
    expect(await page.title()).toBe('Batch report')
    for (const link of await page.$$('#summary tbody a')) {
      const id = (await link.getAttribute('href'))!.slice(1)
      expect(await page.$eval(`[id="${id}"] h2`, ({ textContent }) => textContent)).toBe(await link.textContent())
    }
  })

  it('tells why a job failed', async () => {
    expect(await page.textContent('article.job .error')).toMatch(
      /^InputError \(unknown-format, not worth another attempt\): in\/broken\.mp4: .*not a media file/,
    )
  })

  it('shows pictures of the same instants before and after, which resemble each other', async () => {
    const shown = await pictures()
    // Three pairs of each of two jobs.
    expect(shown).toHaveLength(12)
    expect(shown.map(({ width, height }) => [width, height])).toEqual([
      ...Array.from({ length: 6 }, () => [240, 180]),
      ...Array.from({ length: 6 }, () => [136, 242]),
    ])
    for (const { alt } of shown) expect(alt).toMatch(/^(Before: in\/.* at|After: the output at) \d+\.\d\d s$/)
    for (let at = 0; at < 12; at += 2) {
      const own = difference(shown[at]!.grey, shown[at + 1]!.grey)
      expect(own).toBeLessThan(6)
      for (let other = 1; other < 12; other += 2) {
        const isSameJob = Math.floor(other / 6) === Math.floor(at / 6)
        if (other !== at + 1 && isSameJob) expect(difference(shown[at]!.grey, shown[other]!.grey)).toBeGreaterThan(own)
      }
    }
  })

  it('plots a point for each second of each output', async () => {
    const plots = await page.$$eval('.plot', (found) =>
      found.map((plot) => ({
        label: plot.querySelector('svg')!.getAttribute('aria-label'),
        points: Array.from(plot.querySelectorAll('polyline'), (line) => line.points.numberOfItems),
        marks: plot.querySelectorAll('circle').length,
        height: plot.getBoundingClientRect().height,
      })),
    )
    expect(plots).toEqual([
      {
        label: `Bitrate over time of the outputs of in/${HOSTILE}`,
        points: [7, 7],
        marks: 14,
        height: expect.any(Number),
      },
      {
        label: 'Bitrate over time of the outputs of in/tall.mp4',
        points: [3, 3],
        marks: 6,
        height: expect.any(Number),
      },
    ])
    for (const { height } of plots) expect(height).toBeGreaterThan(100)
  })

  it('sorts by what heads a column', async () => {
    const order = () =>
      page.$$eval('#summary tbody tr td:first-child', (cells) => cells.map((cell) => cell.textContent))
    await page.click('#summary th:has-text("After") button')
    expect(await order()).toEqual(['in/broken.mp4', 'in/tall.mp4', `in/${HOSTILE}`])
    await page.click('#summary th:has-text("After") button')
    expect(await order()).toEqual([`in/${HOSTILE}`, 'in/tall.mp4', 'in/broken.mp4'])
    expect(await page.getAttribute('#summary th:has-text("After")', 'aria-sort')).toBe('descending')
  })

  it('fits on a telephone, and has enough contrast in light and dark', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const colors = await page.$$eval('p, dd, dt, td, a, h2, .status, figcaption', (found) =>
        found.map((element) => [getComputedStyle(element).color, getComputedStyle(document.body).backgroundColor]),
      )
      expect(colors.length).toBeGreaterThan(50)
      for (const [text, background] of colors) expect(contrast(text!, background!)).toBeGreaterThan(4.5)
    }
  })

  it('loads nothing and complains of nothing', () => {
    expect(complaints).toEqual([])
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([
      pathToFileURL(join(folder, 'done/report.html')).href,
    ])
  })
})

/** Of two colours "rgb(r, g, b)", as WCAG 2 defines it. */
function contrast(a: string, b: string): number {
  const luminance = (color: string) => {
    const [red, green, blue] = color.match(/\d+/g)!.map((value) => {
      const share = Number(value) / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
  }
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (lighter! + 0.05) / (darker! + 0.05)
}

import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../helpers/media.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The examples of the README by the file names in their first lines. */
async function readmeExamples(): Promise<Map<string, string>> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  return new Map([...readme.matchAll(/```js\n\/\/ (\S+)\n(.*?)```/gs)].map(([, name = '', code = '']) => [name, code]))
}

describe("the README's examples run as they stand", () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcodecs-readme-'))
    await mkdir(join(folder, 'node_modules'))
    await symlink(root, join(folder, 'node_modules', 'webcodecs-native'))
    for (const [name, code] of await readmeExamples()) await writeFile(join(folder, name), code)
  })

  afterAll(() => rm(folder, { recursive: true }))

  it('encode.mjs', async () => {
    const { stdout, stderr } = await run(process.execPath, [join(folder, 'encode.mjs')])
    expect(stdout.toString()).toBe('30 chunks\n')
    expect(stderr).toBe('')
  })

  it('decode.mjs', async () => {
    const { stdout, stderr } = await run(process.execPath, [join(folder, 'decode.mjs')])
    expect(stdout.toString().match(/640x360, first pixel/g)).toHaveLength(30)
    expect(stderr).toBe('')
  })

  it('sound.mjs', async () => {
    const { stdout, stderr } = await run(process.execPath, [join(folder, 'sound.mjs')])
    expect(stdout.toString()).toMatch(/^0 µs: 648 samples\n13500 µs: 960 samples\n/)
    expect(stdout.toString().split('\n')).toHaveLength(52)
    expect(stderr).toBe('')
  })

  it('image.mjs', async () => {
    const { stdout, stderr } = await run(process.execPath, [join(folder, 'image.mjs')])
    expect(stdout.toString()).toBe('0 µs: 1x1, BGRX\n100000 µs: 1x1, BGRX\n')
    expect(stderr).toBe('')
  })

  it('crossing.mjs', async () => {
    const { stdout, stderr } = await run(process.execPath, [join(folder, 'crossing.mjs')])
    expect(stdout.toString()).toBe('1920x1080 came without a copy\n')
    expect(stderr).toBe('')
  })
})

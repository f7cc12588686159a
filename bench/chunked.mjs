/**
 * One long file on all processors, as `node bench/chunked.mjs [codec] [seconds]`: the speed of chunks against that of one encoder with
 * its best number of threads, and against what independent encoders with one thread each come to.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalRunner, Locations, prepareTask } from '../dist/farm.js'

const [codec = 'vp9', seconds = '60'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'webcodecs-native-bench-'))
const source = join(folder, 'source.mp4')
const picture = `testsrc2=size=640x360:rate=24:duration=${seconds},noise=alls=12:allf=t`
const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '16', '-pix_fmt', 'yuv420p', '-g', '48']
execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', picture, ...x264, source])
const frames = 24 * Number(seconds)
const processors = availableParallelism()

/** A transcoding in a process of its own. */
function encode(name, video) {
  const job = { input: source, output: join(folder, `${name}.mkv`), video }
  const url = new URL('../dist/batch.js', import.meta.url)
  const program = `import(${JSON.stringify(url.href)}).then(({ transcode }) => transcode(${JSON.stringify(job)}))`
  const child = spawn(process.execPath, ['-e', program], { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${name} ended with ${code}`))))
  })
}

async function timed(work) {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

try {
  const threaded = frames / (await timed(() => encode('threaded', { codec })))
  const independent = await timed(() =>
    Promise.all(Array.from({ length: processors }, (_, index) => encode(`alone-${index}`, { codec, threads: 1 }))),
  )
  const alone = (processors * frames) / independent
  const runner = new LocalRunner()
  const job = { input: source, output: join(folder, 'chunked.mkv'), video: { codec } }
  const task = await prepareTask(job, { locations: new Locations(), work: join(folder, 'work') })
  const chunked = frames / (await timed(() => runner.run(task)))
  await runner.close()
  console.log(`${codec}, ${seconds} s of 640x360, ${processors} processors`)
  console.log(`one encoder, best threads   ${threaded.toFixed(1)} fps`)
  console.log(`${processors} encoders, one thread each ${alone.toFixed(1)} fps, ${(alone / threaded).toFixed(2)} of it`)
  console.log(`chunks                      ${chunked.toFixed(1)} fps, ${(chunked / threaded).toFixed(2)} of it`)
  console.log(`chunks / independent encoders: ${(chunked / alone).toFixed(3)}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

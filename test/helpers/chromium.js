// A headless Chromium to compare with. Scripts that run on both sides are modules of this repository: the browser gets
// them from a server on the loopback interface, TypeScript without its types. The pages have a secure context.
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where Debian's package has it; another build is named by the environment. */
export const executablePath = process.env.WEBCODECS_CHROMIUM ?? '/usr/bin/chromium'

/** No sandbox, as that does not work for root; no device; no connection of its own to anywhere. */
const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Debian's build has JPEG XL, and leaves it to an experiment of the network's whether it is on.
  '--enable-features=JXLImageFormat',
]

/** `callModule` is here and not in `page.evaluate()`, because test runners rewrite the `import()` in code that they load. */
const emptyPage = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script>globalThis.callModule = async (url, name, values) => (await import(url))[name](globalThis, ...values)</script>`

/** The JavaScript of a module below the repository's root, or null where there is none. */
async function readModule(path) {
  const file = join(root, path)
  const typed = file.replace(/\.js$/, '.ts')
  if (relative(root, file).startsWith('..') || extname(file) !== '.js') return null
  if (existsSync(file)) return readFileSync(file, 'utf8')
  if (!existsSync(typed)) return null
  const { default: ts } = await import('typescript')
  const compilerOptions = { target: 'ES2022', module: 'ESNext', verbatimModuleSyntax: true }
  return ts.transpileModule(readFileSync(typed, 'utf8'), { compilerOptions, fileName: typed }).outputText
}

async function answer(request, response, files) {
  // An isolated page has SharedArrayBuffer.
  response.setHeader('cross-origin-opener-policy', 'same-origin')
  response.setHeader('cross-origin-embedder-policy', 'require-corp')
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname))
  if (path === '/') {
    response.setHeader('content-type', 'text/html')
    response.end(emptyPage)
    return
  }
  if (files.has(path)) {
    createReadStream(files.get(path)).pipe(response)
    return
  }
  const code = await readModule(path.slice(1))
  response.setHeader('content-type', 'text/javascript')
  response.statusCode = code === null ? 404 : 200
  response.end(code ?? '')
}

/** Serves the repository's modules, and `files` by their paths, on a port of its own. */
async function serve(files) {
  const server = createServer((request, response) => {
    answer(request, response, files).catch((error) => {
      response.statusCode = 500
      response.end(String(error))
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** @type {import('./chromium.js').launchChromium} */
export const launchChromium = () => chromium.launch({ executablePath, args: launchArguments, headless: true })

/** @type {import('./chromium.js').openChromium} */
export async function openChromium({ files = {} } = {}) {
  const server = await serve(new Map(Object.entries(files)))
  try {
    const browser = await launchChromium()
    const page = await browser.newPage()
    await page.goto(`http://localhost:${server.address().port}/`)
    return {
      version: browser.version(),
      call(module, name, ...args) {
        return page.evaluate((values) => globalThis.callModule(...values), [`/${module}`, name, args])
      },
      async close() {
        await browser.close()
        server.close()
      },
    }
  } catch (error) {
    server.close()
    throw error
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { hasCommand, run, SetupError } from './run.mjs'

/**
 * @typedef {{ package: string, for?: string, needs: { command?: string[], all?: boolean, pkgConfig?: string, header?: string, file?: string, library?: string } }} Entry
 * `needs` says what the package brings. Only that is checked, so another distribution's package or an
 * installation of one's own counts as well. Without `for`, building the addon needs it; all others can be done without
 * where the distribution does not have them.
 * @type {readonly Entry[]}
 */
const entries = JSON.parse(readFileSync(new URL('../apt-packages.json', import.meta.url), 'utf8'))

const headerFolders = ['/usr/include', '/usr/local/include']

/** A file that is loaded at run time, by its path in one of the usual folders of libraries. */
function hasLibraryFile(path) {
  const folders = ['/usr/lib', '/usr/local/lib', '/usr/lib64']
  const subfolders = existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((name) => name.includes('-linux-')) : []
  return [...folders, ...subfolders.map((name) => `/usr/lib/${name}`)].some((folder) => existsSync(`${folder}/${path}`))
}

/** Looks in the usual folders, and asks the compiler only when it is in none of them. */
async function hasHeader(name) {
  if (headerFolders.some((folder) => existsSync(`${folder}/${name}`))) return true
  const compiler = ['g++', 'clang++'].find(hasCommand)
  if (!compiler) return false
  return (await run(compiler, ['-x', 'c++', '-E', '-include', name, '/dev/null', '-o', '/dev/null'])).code === 0
}

async function hasLibraries(names) {
  return hasCommand('pkg-config') && (await run('pkg-config', ['--exists', ...names])).code === 0
}

async function isSatisfied({ needs }) {
  if (needs.command) return needs.all ? needs.command.every(hasCommand) : needs.command.some(hasCommand)
  if (needs.file) return existsSync(needs.file)
  if (needs.pkgConfig) return hasLibraries([needs.pkgConfig])
  if (needs.library) return hasLibraryFile(needs.library)
  return hasHeader(needs.header)
}

/** Those of the packages that can be installed here, as far as one can tell without package lists. */
async function installable(packages) {
  if (packages.length === 0 || !hasCommand('apt-cache') || !hasPackageLists()) return packages
  const { output } = await run('env', ['LC_ALL=C', 'apt-cache', 'policy', ...packages])
  const blocks = output.split(/^(?=\S+:$)/m)
  return packages.filter((name) =>
    blocks.some((block) => block.startsWith(`${name}:\n`) && !block.includes('Candidate: (none)')),
  )
}

/**
 * Names of the packages whose contents this machine lacks, but for those that its distribution does not have and that
 * can be done without.
 * @param {{ toBuild?: boolean, forTests?: boolean }} [options] `toBuild`: only what building the addon needs; `forTests`:
 *   also what tests alone need
 */
export async function missingPackages({ toBuild = false, forTests = true } = {}) {
  const wanted = entries.filter((entry) => (toBuild ? entry.for === undefined : forTests || entry.for !== 'tests'))
  const libraries = wanted.filter((entry) => entry.needs.pkgConfig)
  // One question for all libraries: the common case is that none is missing.
  const allLibraries = await hasLibraries(libraries.map((entry) => entry.needs.pkgConfig))
  const missing = []
  for (const entry of wanted) {
    if (allLibraries && entry.needs.pkgConfig) continue
    if (!(await isSatisfied(entry))) missing.push(entry)
  }
  const names = (some) => some.map((entry) => entry.package)
  const [needed, optional] = [missing.filter((entry) => !entry.for), missing.filter((entry) => entry.for)]
  return [...names(needed), ...(await installable(names(optional)))]
}

function hasPackageLists() {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.endsWith('_Packages') || name.includes('_Packages.'))
  } catch {
    return false
  }
}

/** The words to put before a command to run it as root without a question, or null when that is not possible. */
async function rootPrefix() {
  if (process.getuid?.() === 0) return []
  if (hasCommand('sudo') && (await run('sudo', ['-n', 'true'])).code === 0) return ['sudo', '-n']
  return null
}

/** What the user can type instead. */
export function manualCommand(packages) {
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  return hasCommand('sudo') ? `sudo apt-get update && sudo ${install}` : `apt-get update && ${install}`
}

/** @param {readonly string[]} packages */
export async function installPackages(packages) {
  if (!hasCommand('apt-get')) {
    throw new SetupError(
      `This machine lacks what these Debian packages contain, and has no apt-get: ${packages.join(' ')}\n` +
        'Install their equivalents, then run the same command again.',
    )
  }
  const prefix = await rootPrefix()
  if (!prefix) {
    throw new SetupError(
      `System packages are missing, and installing them needs root. Run this${hasCommand('sudo') ? '' : ' as root'}, ` +
        `then run the same command again:\n\n  ${manualCommand(packages)}\n`,
    )
  }
  const aptGet = (...args) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
    return run(command, rest)
  }
  const options = ['-o', 'DPkg::Lock::Timeout=300', '-y', '--no-install-recommends']
  const install = () => aptGet('install', ...options, ...packages)

  let updated = false
  if (!hasPackageLists()) {
    await aptGet('update')
    updated = true
    const optional = packages.filter((name) => entries.some((entry) => entry.package === name && entry.for))
    const unknown = new Set(optional)
    for (const name of await installable(optional)) unknown.delete(name)
    packages = packages.filter((name) => !unknown.has(name))
  }
  let result = await install()
  if (result.code !== 0 && !updated) {
    // Old package lists name versions that the mirrors no longer have.
    await aptGet('update')
    result = await install()
  }
  if (result.code !== 0) {
    throw new SetupError(
      `${result.output}\nInstalling system packages failed. The command was:\n\n  ${manualCommand(packages)}\n`,
    )
  }
}

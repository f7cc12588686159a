import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('va-driver/driver.cc', import.meta.url))
const compiler = process.env.CXX ?? 'g++'

function hasHeaders() {
  try {
    execFileSync('pkg-config', ['--exists', 'libva'])
    return true
  } catch {
    return false
  }
}

export function installVaDriver() {
  if (!hasHeaders()) return null
  const folder = mkdtempSync(join(tmpdir(), 'webcodecs-va-'))
  const library = join(folder, 'test_drv_video.so')
  // Not under a sanitizer that the process itself may run with.
  const env = { ...process.env, LD_PRELOAD: '' }
  execFileSync(compiler, ['-std=c++17', '-O1', '-shared', '-fPIC', '-fvisibility=hidden', '-o', library, source], {
    env,
  })
  const device = join(folder, 'renderD128')
  writeFileSync(device, '')
  return {
    device,
    folder,
    env: {
      LIBVA_DRIVER_NAME: 'test',
      LIBVA_DRIVERS_PATH: folder,
      LD_PRELOAD: [process.env.LD_PRELOAD, library].filter(Boolean).join(':'),
      WEBCODECS_NATIVE_DEVICE: `vaapi:${device}`,
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

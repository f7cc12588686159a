import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { S3Options } from '../../../lib/batch/storage/s3.js'
import { missingServer, startServer } from './process.js'

/** Debian's own: Swift's modules are not there for another Python that comes first in the path. */
const python = '/usr/bin/python3'

function hasSwift(): boolean {
  try {
    execFileSync(python, ['-c', 'import swift.common.middleware.s3api'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const s3Missing = (): boolean => missingServer('python3-swift', hasSwift())

export interface S3Server {
  readonly options: Required<Pick<S3Options, 'endpoint' | 'credentials' | 'region'>>
  createBucket(name: string): Promise<void>
  remove(): Promise<void>
}

/** OpenStack Swift with its S3 interface. */
export async function startS3(): Promise<S3Server> {
  // Swift keeps metadata in extended attributes, which file systems in memory may lack.
  const folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-s3-'))
  const script = fileURLToPath(new URL('./s3-server.py', import.meta.url))
  const server = await startServer(python, [script, folder], { ready: /listening (\d+)/ })
  const options = {
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test:tester', secretAccessKey: 'testing' },
  }
  return {
    options,
    async createBucket(name) {
      const client = new S3Client({ ...options, forcePathStyle: true })
      await client.send(new CreateBucketCommand({ Bucket: name }))
      client.destroy()
    },
    async remove() {
      await server.stop('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

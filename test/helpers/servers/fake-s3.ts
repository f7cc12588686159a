/** As much of S3 as the requests of this package need, in memory: it fails where and how a test says. */
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { S3Options } from '../../../lib/batch/storage/s3.js'

export interface FakeObject {
  readonly data: Buffer
  readonly tag: string
  readonly metadata: Record<string, string>
}

export interface FakeRequest {
  readonly method: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
}

/** What happens in place of an answer. */
export type Fault =
  | { readonly status: number; readonly code: string }
  /** The connection ends after so many bytes of the body; before anything is changed. */
  | { readonly cutAfter: number }
  /** What is asked for is done, and the connection ends before the answer. */
  | { readonly loses: 'answer' }
  /** No answer ever comes, but for so many bytes of a body. */
  | { readonly hangAfter: number }

export interface FakeS3 {
  readonly options: Required<Pick<S3Options, 'endpoint' | 'credentials' | 'region'>>
  readonly objects: Map<string, FakeObject>
  /** Uploads in parts that were begun and neither completed nor dropped, by their ids. */
  readonly uploads: Map<string, { key: string; metadata: Record<string, string>; parts: Map<number, Buffer> }>
  readonly requests: FakeRequest[]
  fault: (request: FakeRequest) => Fault | undefined
  /** What it does with conditions on what is written. */
  conditions: 'kept' | 'ignored' | 'refused'
  remove(): Promise<void>
}

const tagOf = (data: Buffer): string => `"${createHash('md5').update(data).digest('hex')}"`

class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function rangeOf(header: string | undefined, size: number): [number, number] {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '')
  return match ? [Number(match[1]), match[2] ? Math.min(size, Number(match[2]) + 1) : size] : [0, size]
}

function metadataOf(headers: IncomingMessage['headers']): Record<string, string> {
  const begin = 'x-amz-meta-'
  const own = Object.entries(headers).filter(([name]) => name.startsWith(begin))
  return Object.fromEntries(own.map(([name, value]) => [name.slice(begin.length), String(value)]))
}

/** The bucket's name is anything. */
export async function startFakeS3(): Promise<FakeS3> {
  const objects: FakeS3['objects'] = new Map()
  const uploads: FakeS3['uploads'] = new Map()

  function requireCondition({ headers, key }: FakeRequest): void {
    const [match, noneMatch] = [headers['if-match'], headers['if-none-match']]
    if (fake.conditions === 'ignored' || (match === undefined && noneMatch === undefined)) return
    if (fake.conditions === 'refused') throw new Refusal(501, 'NotImplemented')
    const there = objects.get(key)
    if (noneMatch === '*' && there) throw new Refusal(412, 'PreconditionFailed')
    if (match !== undefined && there?.tag !== match) throw new Refusal(there ? 412 : 404, 'PreconditionFailed')
  }

  function sourceOf({ headers }: FakeRequest): Buffer {
    const name = decodeURIComponent(String(headers['x-amz-copy-source']))
    const source = objects.get(name.slice(name.indexOf('/') + 1))
    if (!source) throw new Refusal(404, 'NoSuchKey')
    const wanted = headers['x-amz-copy-source-if-match']
    if (wanted !== undefined && wanted !== source.tag) throw new Refusal(412, 'PreconditionFailed')
    const [start, end] = rangeOf(headers['x-amz-copy-source-range'] as string | undefined, source.data.length)
    return source.data.subarray(start, end)
  }

  function put(key: string, data: Buffer, metadata: Record<string, string>, tag = tagOf(data)): FakeObject {
    const object = { data, tag, metadata }
    objects.set(key, object)
    return object
  }

  function uploadOf({ query, key }: FakeRequest) {
    const upload = uploads.get(query.get('uploadId') ?? '')
    if (upload?.key !== key) throw new Refusal(404, 'NoSuchUpload')
    return upload
  }

  /** @returns the text of the answer */
  function change(request: FakeRequest, body: Buffer, response: ServerResponse): string {
    const { method, key, query, headers } = request
    const isCopy = headers['x-amz-copy-source'] !== undefined
    if (method === 'POST' && query.has('uploads')) {
      const id = randomUUID()
      uploads.set(id, { key, metadata: metadataOf(headers), parts: new Map() })
      return `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`
    }
    if (method === 'POST') {
      const { parts, metadata } = uploadOf(request)
      requireCondition(request)
      const data = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part))
      const { tag } = put(key, data, metadata, `"${randomUUID()}-${parts.size}"`)
      uploads.delete(query.get('uploadId')!)
      return `<CompleteMultipartUploadResult><ETag>${tag}</ETag></CompleteMultipartUploadResult>`
    }
    if (method === 'PUT' && query.has('uploadId')) {
      const part = isCopy ? sourceOf(request) : body
      uploadOf(request).parts.set(Number(query.get('partNumber')), part)
      response.setHeader('ETag', tagOf(part))
      return isCopy ? `<CopyPartResult><ETag>${tagOf(part)}</ETag></CopyPartResult>` : ''
    }
    if (method === 'PUT') {
      requireCondition(request)
      const { tag } = put(key, isCopy ? Buffer.from(sourceOf(request)) : body, metadataOf(headers))
      response.setHeader('ETag', tag)
      return isCopy ? `<CopyObjectResult><ETag>${tag}</ETag></CopyObjectResult>` : ''
    }
    if (query.has('uploadId')) uploads.delete(query.get('uploadId')!)
    else objects.delete(key)
    response.statusCode = 204
    return ''
  }

  function list({ query }: FakeRequest): string {
    const prefix = query.get('prefix') ?? ''
    if (query.has('uploads')) {
      const found = [...uploads].filter(([, { key }]) => key.startsWith(prefix))
      const items = found.map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`)
      return `<ListMultipartUploadsResult>${items.join('')}</ListMultipartUploadsResult>`
    }
    if (query.has('uploadId')) {
      const parts = [...(uploads.get(query.get('uploadId')!)?.parts ?? [])]
      const items = parts.map(
        ([number, data]) => `<Part><PartNumber>${number}</PartNumber><ETag>${tagOf(data)}</ETag></Part>`,
      )
      return `<ListPartsResult>${items.join('')}</ListPartsResult>`
    }
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()
    const items = keys.map(
      (key) => `<Contents><Key>${key}</Key><Size>${objects.get(key)!.data.length}</Size></Contents>`,
    )
    return `<ListBucketResult>${items.join('')}</ListBucketResult>`
  }

  function give({ key, headers, method }: FakeRequest, response: ServerResponse, fault: Fault | undefined): void {
    const object = objects.get(key)
    if (!object) throw new Refusal(404, 'NoSuchKey')
    if (headers['if-match'] !== undefined && headers['if-match'] !== object.tag) {
      throw new Refusal(412, 'PreconditionFailed')
    }
    const [start, end] = rangeOf(headers.range, object.data.length)
    const about = Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])
    const ranged = headers.range ? { 'Content-Range': `bytes ${start}-${end - 1}/${object.data.length}` } : {}
    response.writeHead(headers.range ? 206 : 200, {
      'Content-Length': end - start,
      ETag: object.tag,
      ...ranged,
      ...Object.fromEntries(about),
    })
    const data = object.data.subarray(start, end)
    if (method === 'HEAD') response.end()
    else if (fault && 'cutAfter' in fault) {
      // Not before the other side has written down what it got: what is still on its way there is lost.
      response.write(data.subarray(0, fault.cutAfter), () => setTimeout(() => response.socket?.end(), 250))
    } else if (fault && 'hangAfter' in fault) response.write(data.subarray(0, fault.hangAfter))
    else response.end(data)
  }

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url!, 'http://store')
    const key = decodeURIComponent(url.pathname).replace(/^\/[^/]*\/?/, '')
    const { method = '', headers } = incoming
    const request: FakeRequest = { method, key, query: url.searchParams, headers }
    const body = await bodyOf(incoming)
    fake.requests.push(request)
    const fault = fake.fault(request)
    if (fault && 'status' in fault) throw new Refusal(fault.status, fault.code)
    const isObject = (method === 'GET' || method === 'HEAD') && key !== '' && !url.searchParams.has('uploadId')
    if (isObject) return give(request, response, fault)
    if (fault && 'hangAfter' in fault) return
    if (fault && 'loses' in fault) change(request, body, response)
    if (fault) return void response.destroy()
    const text = method === 'GET' ? list(request) : method === 'HEAD' ? '' : change(request, body, response)
    response.end(text === '' ? undefined : `<?xml version="1.0" encoding="UTF-8"?>${text}`)
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error) => {
      if (!(error instanceof Refusal)) return response.destroy()
      response.statusCode = error.status
      response.end(incoming.method === 'HEAD' ? undefined : `<Error><Code>${error.code}</Code></Error>`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const fake: FakeS3 = {
    options: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'key-of-the-tests', secretAccessKey: 'secret-of-the-tests' },
    },
    objects,
    uploads,
    requests: [],
    fault: () => undefined,
    conditions: 'kept',
    async remove() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return fake
}

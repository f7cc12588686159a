/** One name for one source, however it is written. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { typeError } from '../webidl/conversions.js'

const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  http: '80',
  https: '443',
  rtsp: '554',
  rtsps: '322',
  rtmp: '1935',
  rtmps: '443',
}

/** Scheme and host in lower case, without the port that is the default anyway, and without a fragment. */
function normalizeUrl(scheme: string, rest: string): string {
  const [, authority = '', path = ''] = /^([^/?#]*)([^#]*)/.exec(rest) ?? []
  const at = authority.lastIndexOf('@') + 1
  const host = authority.slice(at).toLowerCase()
  const port = `:${DEFAULT_PORTS[scheme] ?? ''}`
  const shortHost = port.length > 1 && host.endsWith(port) ? host.slice(0, -port.length) : host
  return `${scheme}://${authority.slice(0, at)}${shortHost}${path === '/' ? '' : path}`
}

/**
 * The name under which native code knows a source: of a URL, a device (`name:...`, as `lavfi:sine`) or a file.
 * @throws TypeError when it is none of them
 */
export function normalizeSource(source: unknown): string {
  const text = source instanceof URL ? source.href : source
  if (typeof text !== 'string' || text === '' || text.includes('\0')) {
    throw typeError('a URL, the name of a device or a path', 'source', source)
  }
  const url = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text)
  const scheme = url?.[1]?.toLowerCase()
  if (scheme === 'file') return `file:${fileURLToPath(text)}`
  if (scheme !== undefined) return normalizeUrl(scheme, url?.[2] ?? '')
  if (/^file:/i.test(text)) return `file:${resolve(text.slice('file:'.length))}`
  if (/^[a-z][a-z0-9_+.-]+:/i.test(text)) return text
  return `file:${resolve(text)}`
}

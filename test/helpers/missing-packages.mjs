// Loaded before a program (node --import): packages that MISSING_PACKAGES names, separated by commas, are not installed.
import { register } from 'node:module'

const hooks = `export async function resolve(specifier, context, next) {
  const missing = ${JSON.stringify((process.env.MISSING_PACKAGES ?? '').split(','))}
  if (missing.some((name) => specifier === name || specifier.startsWith(name + '/'))) {
    throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' })
  }
  return next(specifier, context)
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)

import { type LoadHookSync, type ResolveHookSync, registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

let reads = 0

/**
 * Imports a module as it is written now, and what it imports by relative paths as well: a module is cached by its URL, so each
 * reading has a query of its own. `files` gets the path of each that is read. Packages are not read again.
 */
export async function freshImport(file: string, files: Set<string>): Promise<unknown> {
  const query = `?read=${process.pid}.${++reads}`
  const resolve: ResolveHookSync = (specifier, context, next) => {
    const resolved = next(specifier, context)
    const own = context.parentURL?.endsWith(query) === true && /^(?:\.{0,2}\/|file:)/.test(specifier)
    return own && resolved.url.startsWith('file:') ? { ...resolved, url: `${resolved.url}${query}` } : resolved
  }
  const load: LoadHookSync = (url, context, next) => {
    if (url.endsWith(query)) files.add(fileURLToPath(url.slice(0, -query.length)))
    // What `npm init` writes into a package.json would make a .ts file beside it a script, which can import nothing.
    return next(url, /\.ts(?:\?|$)/.test(url) ? { ...context, format: 'module-typescript' } : context)
  }
  const hooks = registerHooks({ resolve, load })
  try {
    return await import(`${pathToFileURL(file).href}${query}`)
  } finally {
    hooks.deregister()
  }
}

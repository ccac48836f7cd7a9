import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const SDK = fileURLToPath(new URL('..', import.meta.url))
const MODULES = new Set(['router-sdk', 'router-sdk/protocols', 'router-sdk/testing'])
const RUN = 'router-sdk-run'

/**
 * Test files get this very SDK, wherever they stand and whatever is installed there; and of the files that they import those
 * that have changed since, which a second import would not give.
 */
export function prepareTestImports(): void {
  registerHooks({
    resolve(specifier, context, next) {
      // As this package names its own modules: the sources in the repository, what was built of them elsewhere.
      if (MODULES.has(specifier)) return next(specifier, { ...context, parentURL: import.meta.url })
      const resolved = next(specifier, context)
      const run = /[?&]router-sdk-run=(\d+)/.exec(context.parentURL ?? '')?.[1]
      if (run === undefined || !isAuthors(resolved.url)) return resolved
      return { ...resolved, url: `${resolved.url}?${RUN}=${run}` }
    },
    // `npm init` writes `"type": "commonjs"`, which says nothing of tests: they and what they import are modules.
    load: (url, context, next) =>
      next(url, /\.ts(?:\?|$)/.test(url) ? { ...context, format: 'module-typescript' } : context),
  })
}

/** The URL by which a test file is imported in one run. */
export function testUrl(file: string, run: number): string {
  return `${pathToFileURL(file).href}?${RUN}=${run}`
}

function isAuthors(url: string): boolean {
  return url.startsWith('file:') && !url.includes('?') && !url.includes('/node_modules/') && !url.includes(SDK)
}

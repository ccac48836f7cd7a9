import { SourceMap } from 'node:module'

/**
 * The author's position for a position in the bundle, both from 1, or `undefined` where the bundle has code of the SDK or
 * of the bundler.
 */
export function locate(
  sourceMap: string,
  line: number,
  column: number,
): { file: string; line: number; column: number } | undefined {
  const entry = new SourceMap(JSON.parse(sourceMap)).findEntry(line - 1, column - 1)
  if (!('originalSource' in entry) || typeof entry.originalSource !== 'string') return undefined
  const file = authorsName(entry.originalSource)
  if (file === undefined) return undefined
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
}

/** The author's name for a file that messages and maps of the bundler call `router:git.ts`; `undefined` for any other. */
export function authorsName(bundled: string): string | undefined {
  return bundled.startsWith('router:') ? bundled.slice('router:'.length) : undefined
}

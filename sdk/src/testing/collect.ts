import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Case, type Given } from './given.ts'

/** What a router's tests are given to write with. */
export interface RouterTest {
  /**
   * A connection whose client sends `bytes` (in a string one character is one byte). What is expected of it follows:
   * `given('GET / HTTP/1.1\r\n\r\n').closes(/speaks git/)`.
   */
  readonly given: (bytes: string | Uint8Array) => Given
}

/** All that one `routerTest` of a test file says. */
export interface Suite {
  /** Absolute path of the router. */
  readonly router: string
  readonly cases: readonly Case[]
}

let collecting: { readonly file: string; readonly suites: Suite[] } | undefined

/**
 * Tests of the router at `path`, relative to the test file. Run them with `router-sdk test`: each connection is also tried cut at
 * every byte, byte by byte, with bytes behind it, and cut short; then the router is fed noise for a second.
 *
 * @example
 * routerTest('./git.ts', ({ given }) => {
 *   given(git('alice/site.git')).tables({ homes: { alice: '10.0.0.5:9418' } }).routesTo('10.0.0.5:9418')
 *   given('0032git-upl').waits()
 * })
 */
export function routerTest(path: string, write: (test: RouterTest) => void): void {
  if (collecting === undefined) throw new Error('a router test is run with `router-sdk test`')
  const { file, suites } = collecting
  const cases: Case[] = []
  const given = (bytes: string | Uint8Array): Given => {
    const made = new Case(bytes, lineOfCaller(file))
    cases.push(made)
    return made
  }
  write({ given })
  suites.push({ router: resolve(dirname(file), path), cases })
}

/** What the test file at `url` (a `file:` URL, perhaps with a query) registers when it is imported. One at a time. */
export async function collect(url: string): Promise<readonly Suite[]> {
  if (collecting !== undefined) throw new Error('test files are imported one at a time')
  const suites: Suite[] = []
  collecting = { file: fileURLToPath(url), suites }
  try {
    await import(url)
    return suites
  } finally {
    collecting = undefined
  }
}

/** The line of the test file that the call stack goes through. */
function lineOfCaller(file: string): number | undefined {
  for (const frame of (new Error().stack ?? '').split('\n')) {
    const [, place = '', line] = /(file:\/\/[^\s()]+?):(\d+):\d+\)?$/.exec(frame) ?? []
    if (place !== '' && fileURLToPath(place) === file) return Number(line)
  }
  return undefined
}

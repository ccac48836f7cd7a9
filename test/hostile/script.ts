import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * How a hostile script ends. T: stopped by the isolate's time limit. K: its host is killed, or dies of it. M: its isolate is
 * disposed for memory. E: a clean error of the script's. V: its answer is refused. R: the router is refused when it is saved,
 * or its upstream when it is to be connected to. N: nothing happens that anybody needs to know of; it is served.
 */
export type Outcome = 'T' | 'K' | 'M' | 'E' | 'V' | 'R' | 'N'

/**
 * One hostile router: the file of a tenant, in `scripts/<class>/<name>.ts`. What it is stands in its first comment:
 *
 *     // outcome: T | K – what it does; row 17
 *     // says: /what the log or the refusal says/
 *     // gets: /what its client gets/
 *
 * The row is the one of the sandbox survey that it comes from. The second and third lines may be missing: then anything may be
 * said, and a script that is served answers `answered`. A line `// file: other.ts` begins another file of the same folder.
 * `«text × 1000»` stands for that text so many times, `#` in it for the number of each: what attacks a compiler by its mere size
 * is written so. In it `\n` ends a line, `\xff` is that byte.
 */
export interface Script {
  readonly class: string
  readonly name: string
  readonly outcomes: readonly Outcome[]
  readonly what: string
  readonly says: RegExp
  readonly gets: RegExp
  /** Contents by file name. The first is the router. */
  readonly files: ReadonlyMap<string, Buffer>
}

export const ROUTER = 'router.ts'
const SCRIPTS = join(dirname(fileURLToPath(import.meta.url)), 'scripts')
const HEADER = /^\/\/ outcome: ([TKMERVN](?: \| [TKMERVN])*) – (.+)$/
const REPEATED = /«([^»]*) × (\d+)»/gu

/** The folders of scripts. */
export function classes(): string[] {
  return readdirSync(SCRIPTS).sort()
}

export function scriptsOf(name: string): Script[] {
  const files = readdirSync(join(SCRIPTS, name)).sort()
  return files.map((file) => parse(name, file, readFileSync(join(SCRIPTS, name, file), 'utf8')))
}

function parse(className: string, file: string, text: string): Script {
  const [first = '', ...more] = text.split('\n')
  const [, outcomes = '', what = ''] = HEADER.exec(first) ?? []
  if (outcomes === '') throw new Error(`scripts/${className}/${file} does not begin with its outcome: ${first}`)
  return {
    class: className,
    name: file.slice(0, -'.ts'.length),
    outcomes: outcomes.split(' | ').map((letter) => letter as Outcome),
    what,
    says: pattern(more, 'says') ?? /(?:)/,
    gets: pattern(more, 'gets') ?? /^answered$/,
    files: new Map(parts(text).map(([name, part]) => [name, expanded(part)])),
  }
}

function pattern(lines: readonly string[], key: string): RegExp | undefined {
  for (const line of lines.slice(0, 2)) {
    const [, found] = new RegExp(`^// ${key}: /(.*)/$`).exec(line) ?? []
    if (found !== undefined) return new RegExp(found, 'i')
  }
  return undefined
}

function parts(text: string): [name: string, text: string][] {
  const [router = '', ...others] = text.split(/^\/\/ file: /m)
  const named = others.map((other): [string, string] => {
    const end = other.indexOf('\n')
    return [other.slice(0, end), other.slice(end + 1)]
  })
  return [[ROUTER, router], ...named]
}

function expanded(text: string): Buffer {
  const pieces: Buffer[] = []
  let from = 0
  for (const found of text.matchAll(REPEATED)) {
    pieces.push(Buffer.from(text.slice(from, found.index)), repeated(found[1] ?? '', Number(found[2])))
    from = found.index + found[0].length
  }
  return Buffer.concat([...pieces, Buffer.from(text.slice(from))])
}

function repeated(text: string, times: number): Buffer {
  const [, byte] = /^\\x([0-9a-f]{2})$/.exec(text) ?? []
  if (byte !== undefined) return Buffer.alloc(times, Number.parseInt(byte, 16))
  const piece = text.replaceAll('\\n', '\n')
  if (!piece.includes('#')) return Buffer.from(piece.repeat(times))
  return Buffer.from(Array.from({ length: times }, (_, index) => piece.replaceAll('#', String(index))).join(''))
}

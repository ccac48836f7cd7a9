import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Outcome, Script } from './script.ts'

const DOCUMENT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'security.md')

/** The outcomes of one class of scripts, as they stand in docs/security.md. */
export class Table {
  readonly #class: string
  readonly #rows: string[] = []

  constructor(name: string) {
    this.#class = name
  }

  /** `recovered`: milliseconds from the hostile question to the next good decision of another tenant. */
  add({ name, what }: Script, outcome: Outcome, recovered: number): void {
    this.#rows.push(`| \`${name}\` | ${what.replaceAll('|', '\\|')} | ${outcome} | ${recovered.toFixed(0)} |`)
  }

  /** Prints it; `WRITE_TABLE=1` keeps it in the document as well (one file of tests at a time). */
  finish(t: TestContext): void {
    this.#rows.sort()
    for (const row of this.#rows) t.diagnostic(row)
    if (process.env.WRITE_TABLE !== '1') return
    const [begin, end] = marks(this.#class)
    const head = ['| script | what it does | outcome | ms |', '|---|---|---|---|']
    const section = [begin, ...head, ...this.#rows, end].join('\n')
    const document = readFileSync(DOCUMENT, 'utf8')
    const [before, after] = around(document, this.#class)
    writeFileSync(DOCUMENT, before + section + after)
  }
}

/** The rows of a class that the document has: the outcome of each script by its name. */
export function documented(name: string): Map<string, string> {
  const [begin, end] = marks(name)
  const document = readFileSync(DOCUMENT, 'utf8')
  const section = document.slice(document.indexOf(begin), document.indexOf(end))
  return new Map(
    [...section.matchAll(/^\| `([^`]+)` \| .* \| ([A-Z]) \|/gm)].map(([, script = '', of = '']) => [script, of]),
  )
}

function marks(name: string): [begin: string, end: string] {
  return [`<!-- hostile ${name} -->`, `<!-- end of ${name} -->`]
}

function around(document: string, name: string): [before: string, after: string] {
  const [begin, end] = marks(name)
  const at = document.indexOf(begin)
  const to = document.indexOf(end)
  if (at < 0 || to < at) throw new Error(`docs/security.md has no place for ${name}: ${begin} and ${end}`)
  return [document.slice(0, at), document.slice(to + end.length)]
}

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Findings } from '../findings.ts'
import { barPlot } from '../plot.ts'
import { page } from './page.ts'

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url))

/**
 * Puts one group's findings in the place of what was known of it, in `benchmarks/findings.json`, and writes the page and the group's plots
 * from that. `docs` is the folder of all this.
 */
export function writeReport(findings: Findings, docs: string = DOCS): void {
  const folder = join(docs, 'benchmarks')
  mkdirSync(folder, { recursive: true })
  const known = join(folder, 'findings.json')
  const others = knownFindings(known).filter(({ group }) => group !== findings.group)
  const all = [...others, findings]
  writeFileSync(known, `${JSON.stringify(all, undefined, 1)}\n`)
  for (const [name, plot] of plots(findings)) writeFileSync(join(folder, name), plot)
  const path = join(docs, 'benchmarks.md')
  writeFileSync(path, page(all, readIfThere(path)))
}

/** By file name. */
function plots({ tables }: Findings): Map<string, string> {
  const drawn = new Map<string, string>()
  for (const { title, columns, rows } of tables)
    for (const [at, { name, plot }] of columns.entries()) {
      if (plot === undefined) continue
      const bars = rows.flatMap((row) => {
        const spread = row.cells[at]
        return spread === null || spread === undefined
          ? []
          : { name: row.name, spread, ...(row.ours && { ours: true }) }
      })
      drawn.set(plot, barPlot({ title: `${title}: ${name}`, rows: bars }))
    }
  return drawn
}

/** Written by this very function: what is in it is not looked at again. */
function knownFindings(path: string): Findings[] {
  const text = readIfThere(path)
  return text === '' ? [] : JSON.parse(text)
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

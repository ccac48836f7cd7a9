import { type Spread, shown } from '../figures.ts'
import { type Findings, GROUPS, type Table } from '../findings.ts'
import { targetTable } from './targets.ts'

/** What stands between these in the page is written by hand, and kept when the page is written again. */
const BY_HAND = { begin: '<!-- by hand: begin -->', end: '<!-- by hand: end -->' }
const NOTHING_YET = 'Nothing has been said yet.'

/**
 * The page of benchmarks. `before` is the page as it was, `''` when there was none: the part of it that is written by hand stays.
 *
 * @throws when only one of the marks of that part is in it: it would be lost.
 */
export function page(findings: readonly Findings[], before: string): string {
  const inOrder = GROUPS.flatMap((name) => findings.filter(({ group }) => group === name))
  return `# Benchmarks

Pointsman beside what would otherwise be taken. This page and its plots are written by \`npm run bench\`, or one part of them by
\`npm run bench -- ${GROUPS.join('|')}\`; \`bench/README.md\` says how to run it, and the configuration of every peer stands in
\`bench/peers/\`, with the reasons.

Each proxy has one core, with all its processes, and load and upstream the other. Whatever is compared is measured in one run, in rounds, each in the
opposite order of the one before. Figures are medians of the rounds, with the least and the most; ratios are taken round by round. No peer writes
a log, as Pointsman does not. Ratios hold; absolute figures are of the machine.

## What it must reach

${targetTable(inOrder)}

## What was missed, and why

${BY_HAND.begin}
${byHand(before)}
${BY_HAND.end}
${inOrder.map(section).join('')}`
}

function byHand(before: string): string {
  const begin = before.indexOf(BY_HAND.begin)
  const end = before.indexOf(BY_HAND.end)
  if (begin === -1 && end === -1) return NOTHING_YET
  if (begin === -1 || end < begin)
    throw new Error(
      `docs/benchmarks.md has lost a mark: what is written by hand stands between ${BY_HAND.begin} and ${BY_HAND.end}`,
    )
  return before.slice(begin + BY_HAND.begin.length, end).trim()
}

function section({ title, about, rounds, seconds, machine, versions, tables }: Findings): string {
  const { cpu, cores, memoryGiB, kernel, congestionControl, node, date } = machine
  const tcp = congestionControl === undefined ? '' : ` with ${congestionControl}`
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `
## ${title}

${about}

${rounds} rounds${seconds === 0 ? '' : ` of ${seconds} s`} on ${date}: ${cores} × ${cpu}, ${memoryGiB} GiB, Linux ${kernel}${tcp}, Node ${node}, ${others.join(', ')}.
${tables.map(tableText).join('')}`
}

function tableText(table: Table): string {
  const { title, note, columns, rows } = table
  const head = `| | ${columns.map(({ name }) => name).join(' | ')} |`
  const lines = rows.map(
    ({ name, ours, cells }) => `| ${[ours ? `**${name}**` : name, ...cells.map(cell)].join(' | ')} |`,
  )
  const plots = columns.flatMap(({ name, plot }) =>
    plot === undefined ? [] : `\n![${title}: ${name}](benchmarks/${plot})\n`,
  )
  return `
### ${title}
${note === undefined ? '' : `\n${note}\n`}
${[head, `|---|${columns.map(() => '--:|').join('')}`, ...lines].join('\n')}
${plots.join('')}`
}

function cell(spread: Spread | null): string {
  if (spread === null || !Number.isFinite(spread.median)) return '–'
  const { median, least, most } = spread
  return least === most ? shown(median) : `${shown(median)} (${shown(least)}–${shown(most)})`
}

/**
 * Pointsman beside what would otherwise be taken, each group of figures or all of them; `docs/benchmarks.md` and its plots are written.
 *
 *     node bench/run.ts [connections] [relayed] [idle] [decisions] [changes] [--rounds n] [--seconds n] [--only name,name]
 *
 * With rounds, seconds, or parts of proxies' names (`--only Pointsman,njs`) given, it prints what it finds and writes nothing. Needs Linux, two cores, and what `bench/install-peers.sh` installs.
 */
import { parseArgs } from 'node:util'
import { find } from '../test/kit/programs.ts'
import { type Findings, GROUPS, type GroupName, type Plan } from './findings.ts'
import { changes } from './groups/changes.ts'
import { connections } from './groups/connections.ts'
import { decisions } from './groups/decisions.ts'
import { idle } from './groups/idle.ts'
import { relayed } from './groups/relayed.ts'
import { unsuited } from './machine.ts'
import { printed } from './report/print.ts'
import { writeReport } from './report/write.ts'

interface Group {
  readonly run: (plan: Plan) => Promise<Findings>
  /** Without these there is nothing to be measured. */
  readonly needs?: readonly string[]
  readonly rounds: number
  readonly seconds: number
}

/** The whole of it takes less than twenty minutes. */
const ALL: Readonly<Record<GroupName, Group>> = {
  connections: { run: connections, needs: ['nginx', 'wrk'], rounds: 5, seconds: 2 },
  // a sleeping process is woken soon or late, and bulk is fast or slow, for seconds at a time
  relayed: { run: relayed, rounds: 7, seconds: 1 },
  idle: { run: idle, rounds: 3, seconds: 2 },
  decisions: { run: decisions, rounds: 5, seconds: 2 },
  changes: { run: changes, needs: ['nginx'], rounds: 5, seconds: 1 },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, seconds: { type: 'string' }, only: { type: 'string' } },
})
const named = positionals.map((word) => {
  const group = GROUPS.find((name) => name === word)
  if (group === undefined) throw new Error(`there is no group ${word}: there are ${GROUPS.join(', ')}`)
  return group
})
const why = unsuited()
if (why !== undefined) {
  console.error(`these benchmarks cannot be made here: ${why}`)
  process.exit(2)
}

const short = Object.keys(values).length > 0
const started = performance.now()
let failed = false
for (const name of named.length === 0 ? GROUPS : named) {
  try {
    await measure(name)
  } catch (error) {
    // what the other groups find is worth having
    failed = true
    console.error(`${minutes()}  ${name} could not be measured:`, error)
  }
}
console.error(`${minutes()}  done`)
process.exit(failed ? 1 : 0)

async function measure(name: GroupName): Promise<void> {
  const { run, rounds, seconds, needs = [] } = ALL[name]
  const missing = needs.filter((program) => find(program) === undefined)
  if (missing.length > 0)
    throw new Error(`there is no ${missing.join(', ')}: bench/install-peers.sh installs what is needed`)
  const findings = await run({
    rounds: number('rounds', values.rounds, rounds),
    seconds: number('seconds', values.seconds, seconds),
    only: values.only?.split(',') ?? [],
    progress: (what) => console.error(`${minutes()}  ${name}: ${what}`),
  })
  console.log(printed(findings))
  if (!short) writeReport(findings)
}

function number(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text)
  if (value > 0 && value <= 1000) return value
  throw new Error(`--${name} is a number above 0 and at most 1000, not ${text}`)
}

function minutes(): string {
  const seconds = Math.round((performance.now() - started) / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/**
 * What well-behaved tenants notice of tenants that attack beside them, for each class of attack: `docs/blast-radius.md` says what
 * is measured, and is written by this.
 *
 *     node bench/blast-radius.ts [seconds] [attacks,separated,by,commas] [attackers,…]
 *
 * With attacks named, nothing is written. Linux only; about twenty-five minutes with the default of 15 seconds under attack, and as
 * many of peace, for each of 36 cells.
 */
import { fileURLToPath } from 'node:url'
import { ATTACKS, type Attack } from './blast-radius/attacks.ts'
import { Echoes, requests, type Seen } from './blast-radius/load.ts'
import { PARTIES, type Party, processorTimes } from './blast-radius/processor.ts'
import { type Cell, shownRatio, writeReport } from './blast-radius/report.ts'
import { runFirst } from './blast-radius/serve-first.ts'
import { Stage } from './blast-radius/stage.ts'
import { quantile, ratios } from './figures.ts'
import { machine } from './machine.ts'

const REPORT = fileURLToPath(new URL('../docs/blast-radius', import.meta.url))
const GOOD = 50
const PER_SECOND = 300
/** Peace and attack take turns so often in a cell: what else the machine does meets both, and one stall of it is not the median. */
const ROUNDS = 5
/** Quiet: the 95th percentile of a short measure is at most so many times the least that was seen so far, and a little. */
const QUIET = { factor: 1.5, more: 0.5, seconds: 0.5, tries: 4 }
const SETTLE = 500

const [secondsText = '15', only = '', countsText = '1,5,10'] = process.argv.slice(2)
const seconds = Number(secondsText)
const counts = countsText.split(',').map(Number)
const attacks = only === '' ? ATTACKS : ATTACKS.filter(({ name }) => only.split(',').includes(name))
const names = Array.from({ length: GOOD }, (_, at) => `good${at}.example`)

await runFirst()
const stage = await Stage.open(names, Math.max(...counts))
let quietest = Number.POSITIVE_INFINITY
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stage.close().then(() => process.exit(1)))
try {
  await run()
} finally {
  await stage.close()
}
process.exit(0)

async function run(): Promise<void> {
  const echoes = await Echoes.open(stage.port, names)
  await requests(stage.port, names, PER_SECOND, 3)
  const cells: Cell[] = []
  const total = attacks.length * counts.length
  for (const attack of attacks)
    for (const count of counts) {
      cells.push(await cell(attack, count, echoes))
      console.log(`${String(cells.length).padStart(2)}/${total} ${described(cells.at(-1))}`)
    }
  echoes.close()
  const first = stage.firstServed
    ? 'Well-behaved clients and their upstream have the processor as soon as they want it (niceness -20, short slices), as on machines of their own, and collect their garbage between the measures.'
    : 'Well-behaved clients and their upstream waited for the processor like everybody: their waits are in all figures.'
  const how = `Peace and attack take turns, ${ROUNDS} times ${seconds / ROUNDS} seconds each, with ${PER_SECOND} connections a second. ${first}`
  if (only === '') writeReport(REPORT, cells, machine(), new Map(ATTACKS.map(({ name, about }) => [name, about])), how)
}

/** One class of attack by `count` tenants, in turns with peace. */
async function cell(attack: Attack, count: number, echoes: Echoes): Promise<Cell> {
  const tenants = Array.from({ length: count }, (_, at) => `evil-${attack.name}${count}-${at}`)
  stage.saveRouters(attack, tenants)
  await pause(SETTLE + 100 * count)
  const turns: Turn[] = []
  for (let round = 0; round < ROUNDS; round++) turns.push(await turn(attack, tenants, echoes))
  stage.removeRouters(tenants)
  await pause(SETTLE)
  return cellOf(attack, count, turns)
}

/** A while of peace and one under attack. */
interface Turn {
  readonly peace: Seen
  readonly war: Seen
  /** Processors that were busy under attack. */
  readonly used: ReadonlyMap<Party, number>
}

async function turn(attack: Attack, tenants: readonly string[], echoes: Echoes): Promise<Turn> {
  await quiet()
  echoes.takeClosed()
  stage.collectGarbage()
  const peace = await measure(echoes)
  stage.collectGarbage()
  const times = () => processorTimes(stage.attackerPids, stage.pointsman.pid ?? 0)
  const [began, before] = [performance.now(), times()]
  const stop = begin(attack, tenants)
  const war = await measure(echoes)
  const [lasted, after] = [performance.now() - began, times()]
  await stop()
  return { peace, war, used: new Map(PARTIES.map((party) => [party, (after[party] - before[party]) / lasted])) }
}

/** Starts the attack; what is given back ends it. */
function begin(attack: Attack, tenants: readonly string[]): () => Promise<void> {
  stage.startSaves(attack, tenants)
  stage.startClients(attack, tenants)
  return () => stage.stop()
}

/** Waits, within limits, until what an attack left behind has been dealt with. */
async function quiet(): Promise<void> {
  for (let tries = 0; tries < QUIET.tries; tries++) {
    const { times } = await requests(stage.port, names, PER_SECOND, QUIET.seconds)
    const p95 = quantile(times, 0.95)
    quietest = Math.min(quietest, p95)
    if (p95 <= QUIET.factor * quietest + QUIET.more) return
  }
}

async function measure(echoes: Echoes): Promise<Seen> {
  const seen = await requests(stage.port, names, PER_SECOND, seconds / ROUNDS)
  seen.closed = echoes.takeClosed()
  return seen
}

function cellOf(attack: Attack, attackers: number, turns: readonly Turn[]): Cell {
  const peace = turns.flatMap((turn) => turn.peace.times)
  const war = turns.flatMap((turn) => turn.war.times)
  const p99 = (times: readonly number[]) => quantile(times, 0.99)
  const turnsOf = (side: 'war' | 'peace') => turns.map((turn) => p99(turn[side].times))
  const mean = (party: Party) => turns.reduce((sum, { used }) => sum + (used.get(party) ?? 0), 0) / turns.length
  return {
    attack: attack.name,
    attackers,
    peace: p99(peace),
    p50: quantile(war, 0.5),
    p99: p99(war),
    ratio: ratios(turnsOf('war'), turnsOf('peace')),
    lost: turns.reduce((sum, turn) => sum + turn.war.lost, 0),
    closed: turns.reduce((sum, turn) => sum + turn.war.closed, 0),
    struck: stage.takeStrikes(),
    used: new Map(PARTIES.map((party) => [party, mean(party)])),
  }
}

function described(cell: Cell | undefined): string {
  if (cell === undefined) return ''
  const { attack, attackers, peace, p50, p99, ratio, lost, closed, struck, used } = cell
  const figures = [peace, p50, p99].map((value) => value.toFixed(1).padStart(7)).join('')
  const cpu = PARTIES.map((party) => `${party} ${(100 * (used.get(party) ?? 0)).toFixed(0)}`).join(', ')
  return `${attack.padEnd(12)} ${String(attackers).padStart(3)} ${figures}  ${shownRatio(ratio)}  lost ${lost}  closed ${closed}  struck ${struck}  (CPU %: ${cpu})`
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, milliseconds))
}

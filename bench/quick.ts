/**
 * Whether Pointsman has become grossly slower than it was: a few ratios against nginx and HAProxy, measured in a minute and a half, beside those
 * that are kept in `bench/baseline.json`. Fails (exit 1) when one is 30 % worse in two measurements. What a peer is missing for is skipped,
 * except where CI is set.
 *
 *     node bench/quick.ts [--update]
 *
 * `--update` keeps what it finds.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { interleaved, Server, startAll } from './bench.ts'
import { ratios } from './figures.ts'
import { type Plan, Samples } from './findings.ts'
import { hold } from './groups/idle.ts'
import { bulk, trips } from './groups/relayed.ts'
import { connectionCost } from './load/wrk.ts'
import { LOAD_CORE, unsuited } from './machine.ts'
import { absent, type Program, Programs } from './programs.ts'
import { OURS, origin, PEERS, type Peer } from './proxies.ts'
import { better, judge, parseRatios, type Ratios, told } from './report/judge.ts'

const KEPT = new URL('baseline.json', import.meta.url)
const CROWD = { first: 500, count: 5000, settle: 1500, seconds: 0.1 }
const plan: Plan = { rounds: 5, seconds: 1, only: [], progress: (what) => console.error(what) }

const why = unsuited()
if (why !== undefined) {
  console.error(`it cannot be measured here: ${why}`)
  process.exit(process.env.CI === undefined ? 0 : 1)
}
let found = await measure()
if (process.argv.includes('--update')) {
  const text = Object.entries(found).map(([name, ratio]): [string, number] => [name, Number(ratio.toFixed(2))])
  writeFileSync(KEPT, `${JSON.stringify(Object.fromEntries(text), undefined, 2)}\n`)
}
const kept = parseRatios(readFileSync(KEPT, 'utf8'))
if (judge(kept, found).some(({ verdict }) => verdict === 'regressed')) {
  console.error('something is worse than it may be: it is measured once more')
  found = better(found, await measure())
}
const judgements = judge(kept, found)
console.log(judgements.map(told).join('\n'))
process.exit(judgements.some(({ verdict }) => verdict === 'regressed') ? 1 : 0)

async function measure(): Promise<Ratios> {
  return { ...(await connections()), ...(await relayed()), ...(await idle()) }
}

async function connections(): Promise<Ratios> {
  const programs = new Programs()
  const costs = new Samples()
  try {
    if (!haveAll([PEERS.njs, { ...PEERS.njs, needs: ['wrk'] }])) return {}
    const behind = await programs.proxy(origin('bench'), 0, LOAD_CORE)
    const all = await startAll(programs, [PEERS.njs, OURS.ours], behind.port, plan)
    for (const program of all) await connectionCost(program, program.name === OURS.ours.name ? 6 : 1, 0)
    await interleaved(all, plan, 'cost of connections', async (program) => {
      const different = await connectionCost(program, plan.seconds, 0)
      const alike = await connectionCost(program, plan.seconds, 9)
      costs.add(program.name, '0', different.cpuMicroseconds)
      costs.add(program.name, '9', alike.cpuMicroseconds)
    })
    const ratio = (alike: string) => ratios(costs.of(OURS.ours.name, alike), costs.of(PEERS.njs.name, alike)).median
    return {
      'CPU of a routed connection, all different, against nginx with njs': ratio('0'),
      'CPU of a routed connection, 90 % alike, against nginx with njs': ratio('9'),
    }
  } finally {
    await programs.close()
  }
}

async function relayed(): Promise<Ratios> {
  const programs = new Programs()
  const samples = new Samples()
  try {
    if (!haveAll([PEERS.stream, PEERS.haproxyBulk])) return {}
    await using server = await Server.start('load/relayed-server.ts')
    const all = await startAll(programs, [PEERS.stream, PEERS.haproxyBulk, OURS.ours], server.port, plan)
    const measureOnce = async (program: Program, to: Samples) => {
      const { cpuPerGiB } = await bulk(program, 1, plan.seconds / 2)
      const { p50 } = await trips(program, plan.seconds / 2)
      to.add(program.name, 'bulk', cpuPerGiB)
      to.add(program.name, 'trip', p50)
    }
    for (const program of all) await measureOnce(program, new Samples())
    await interleaved(all, plan, 'relayed bytes and messages', (program) => measureOnce(program, samples))
    const ratio = (what: string, { name }: Peer) =>
      ratios(samples.of(OURS.ours.name, what), samples.of(name, what)).median
    return {
      'CPU of relayed bytes, against HAProxy with large buffers': ratio('bulk', PEERS.haproxyBulk),
      'round trip of 64 bytes, against nginx stream': ratio('trip', PEERS.stream),
    }
  } finally {
    await programs.close()
  }
}

async function idle(): Promise<Ratios> {
  const programs = new Programs()
  try {
    if (!haveAll([PEERS.stream])) return {}
    await using server = await Server.start('load/idle-server.ts')
    plan.progress('idle connections')
    const [theirs, ours] = await startAll(programs, [PEERS.stream, OURS.ours], server.port, plan)
    if (theirs === undefined || ours === undefined) return {}
    const bytes = async (program: Program) => (await hold(program, CROWD)).bytes
    return { 'memory of an idle connection, against nginx stream': (await bytes(ours)) / (await bytes(theirs)) }
  } finally {
    await programs.close()
  }
}

/** Where CI is set, nothing may be missing. */
function haveAll(peers: readonly Peer[]): boolean {
  const missing = [...new Set(peers.flatMap(absent))]
  if (missing.length === 0) return true
  if (process.env.CI !== undefined) throw new Error(`there is no ${missing.join(', ')}, and CI must have it`)
  console.log(`skipped, for there is no ${missing.join(', ')} (bench/install-peers.sh installs it)`)
  return false
}

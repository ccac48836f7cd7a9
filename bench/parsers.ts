/**
 * What one call of each parser costs inside the sandbox, on what real clients send: CPU time of an isolate that calls it many times in one
 * decision, less that of one that calls a function which does nothing.
 *
 *     node --no-node-snapshot bench/parsers.ts [rounds]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeCompiler, compileRouter } from '../sdk/src/compile/index.ts'
import { DEFAULTS } from '../sdk/src/limits.ts'
import { RouterEngine } from '../sdk/src/sandbox/engine.ts'
import { questionText } from '../sdk/src/sandbox/question-text.ts'
import { FIXTURES } from '../test/fixtures/protocols/all.ts'

const ROUNDS = Number(process.argv[2] ?? 15)
const DECISION = 10_000 // µs of one measured decision, about
const MOST_CALLS = 1_000_000
const PARSERS = Object.keys(FIXTURES)

/** What is asked: the parser, how often, and what it is called with. */
const ROUTER = `
import { defineRouter } from 'router-sdk'
import { ${PARSERS.join(', ')} } from 'router-sdk/protocols'
type Parser = (bytes: Uint8Array) => { readonly match: string }
const nothing: Parser = () => NO
const NO = { match: 'no' }
const parsers: Record<string, Parser> = { nothing, ${PARSERS.join(', ')} }
export default defineRouter({
  route(conn) {
    const [name = '', calls = ''] = conn.text.split(' ', 2)
    const bytes = conn.bytes.slice(name.length + calls.length + 2)
    const parse = parsers[name] ?? nothing
    let seen = 0
    for (let left = Number(calls); left > 0; left--) seen += parse(bytes).match.length
    return { close: String(seen) }
  },
})
`
const FACTS = {
  final: false,
  client: { address: '192.0.2.1', port: 1 },
  local: { address: '192.0.2.2', port: 2 },
  listener: '0.0.0.0:2',
  now: 0,
  lookups: {},
}

/** An isolate of its own: what other parsers were called with must not change how this one is compiled. */
class Bench {
  readonly #engine = new RouterEngine(true)

  constructor(code: string) {
    const { status } = this.#engine.load(1, code, { ...DEFAULTS, decisionTime: 2000, loadTime: 2000 })
    if (status !== 'returned') throw new Error(`the router does not load: ${status}`)
  }

  /** Nanoseconds of a call, over that of nothing, in rounds; sorted. */
  rounds(parser: string, message: Uint8Array): number[] {
    const calls = this.#callsFor(parser, message)
    const costs = Array.from({ length: ROUNDS }, () => {
      const spent = this.#microseconds(parser, calls, message) - this.#microseconds('nothing', calls, message)
      return (spent * 1000) / calls
    })
    return costs.sort((a, b) => a - b)
  }

  close(): void {
    this.#engine.close()
  }

  /** As many as take about one decision's time, once the compiler has done its work. */
  #callsFor(parser: string, message: Uint8Array): number {
    for (let calls = 100; ; calls *= 2) {
      const spent = this.#microseconds(parser, calls, message)
      if (spent >= DECISION || calls >= MOST_CALLS) return calls
    }
  }

  #microseconds(parser: string, calls: number, message: Uint8Array): number {
    const bytes = Buffer.concat([Buffer.from(`${parser} ${calls} `), message])
    const { status, json, cpu } = this.#engine.ask(1, questionText({ hook: 'route', facts: FACTS, bytes }))
    if (status !== 'returned') throw new Error(`${parser}: ${status} ${json}`)
    return cpu
  }
}

async function compiled(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-parsers-'))
  try {
    const file = join(folder, 'parsers.ts')
    await writeFile(file, ROUTER)
    const limits = { sourceBytes: DEFAULTS.sourceBytes, compileTime: 20_000 }
    return (await compileRouter({ file, folder, subfolders: false, limits })).code
  } finally {
    await rm(folder, { recursive: true })
    await closeCompiler()
  }
}

function at(sorted: readonly number[], part: number): string {
  return (sorted[Math.round((sorted.length - 1) * part)] ?? 0).toFixed(0)
}

if (!Number.isInteger(ROUNDS) || ROUNDS < 1) throw new Error('rounds are a whole number, 1 or more')
const code = await compiled()
console.log(`${ROUNDS} rounds, ns per call\n`)
console.log('| parser | message | bytes | median | p10 to p90 |\n|---|---|--:|--:|--:|')
for (const [parser, messages] of Object.entries(FIXTURES))
  for (const [name, message] of Object.entries(messages)) {
    const bench = new Bench(code)
    const costs = bench.rounds(parser, message)
    bench.close()
    const spread = `${at(costs, 0.1)} to ${at(costs, 0.9)}`
    console.log(`| ${parser} | ${name} | ${message.length} | ${at(costs, 0.5)} | ${spread} |`)
  }

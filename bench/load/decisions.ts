/**
 * Asks a sandbox as a worker does, and measures from a question to its parsed answer. Prints what it saw as JSON.
 *
 *     node --no-node-snapshot bench/load/decisions.ts <routers> <operator|untrusted> <host memory, MiB> <questions a second> <rounds> <seconds>
 *
 * With 0 questions a second, they are asked one at a time only.
 */
import { OPERATORS } from '../../sdk/src/limits.ts'
import { detectHostLaunch } from '../../sdk/src/sandbox/launch.ts'
import { ProcessSandbox } from '../../sdk/src/sandbox/process-sandbox.ts'
import type { Question, Reply } from '../../sdk/src/sandbox/sandbox.ts'
import { quantile } from '../figures.ts'
import { due } from './due.ts'

/** Microseconds, one value for each round. */
export interface DecisionTimes {
  readonly unloaded: { readonly p50: number[]; readonly p99: number[] }
  readonly loaded: { readonly p50: number[]; readonly p99: number[] }
}

const MiB = 1_048_576
const WARM_UP = 4000
/** Milliseconds between an answer and the next question: everybody has gone to sleep by then. */
const PAUSE = 1

const [countText = '1', cordon = 'operator', ...numbers] = process.argv.slice(2)
const count = Number(countText)
const [memory = 512, perSecond = 0, rounds = 1, seconds = 1] = numbers.map(Number)
const ids = Array.from({ length: count }, (_, at) => at + 1)
const { remove, ...launch } = await detectHostLaunch({ user: 65_534, jitless: 'untrusted' })
const sandbox = new ProcessSandbox({
  command: launch.command,
  ...(launch.untrusted && { untrustedCommand: launch.untrusted.command }),
  hosts: 1,
  limits: { decisionDeadline: 500, hostMemory: memory * MiB },
  strikes: { limit: 1000, window: 1000, quarantine: 10, quarantineMax: 10 },
  report: (event) => process.stderr.write(`${JSON.stringify(event)}\n`),
})
let asked = 0
// whoever started this may be gone before it is done
process.stdin.on('end', () => process.exit(1)).resume()

try {
  await sandbox.start()
  const limits = { ...OPERATORS.limits, loadTime: 2000, decisionTime: 200 }
  for (const id of ids)
    await sandbox.load({ id, router: `t${id}/http`, tenant: `t${id}`, cordon, code: code(id), limits })
  for (let question = 0; question < WARM_UP; question++) await ask(performance.now())
  const times: DecisionTimes = { unloaded: { p50: [], p99: [] }, loaded: { p50: [], p99: [] } }
  for (let round = 0; round < rounds; round++) {
    note(times.unloaded, await unloaded())
    if (perSecond > 0) note(times.loaded, await loaded())
  }
  process.stdout.write(`${JSON.stringify(times)}\n`)
} finally {
  await sandbox.close()
  await remove()
  process.stdin.destroy()
}

/** Of another router each time, about bytes of its own; resolves with the milliseconds since `from`. */
function ask(from: number): Promise<number> {
  const id = ids[++asked % count] ?? 1
  return new Promise((resolve, reject) =>
    sandbox.ask(id, question(asked), (reply: Reply) => {
      if (reply.kind === 'answered') resolve(performance.now() - from)
      else reject(new Error(`version ${id}: ${JSON.stringify(reply)}`))
    }),
  )
}

async function unloaded(): Promise<number[]> {
  const times: number[] = []
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    await new Promise((resume) => setTimeout(resume, PAUSE))
    times.push(await ask(performance.now()))
  }
  return times
}

async function loaded(): Promise<number[]> {
  const answers: Promise<number>[] = []
  for await (const { at } of due(perSecond, perSecond * seconds)) answers.push(ask(at))
  return Promise.all(answers)
}

function note(where: DecisionTimes['loaded'], times: readonly number[]): void {
  where.p50.push(quantile(times, 0.5) * 1000)
  where.p99.push(quantile(times, 0.99) * 1000)
}

function question(number: number): Question {
  const request = `GET /${number} HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n`
  return {
    hook: 'route',
    bytes: Buffer.from(request),
    facts: {
      final: false,
      client: { address: '192.0.2.7', port: 4000 },
      local: { address: '192.0.2.8', port: 80 },
      listener: '0.0.0.0:80',
      now: 1_700_000_000_000,
      lookups: {},
    },
  }
}

/** As the compiler prints the router of `bench/peers/router.ts.in`; no two are the same text. */
function code(id: number): string {
  return `var pointsmanRouter = (() => ({ default: { listen: 80,
    route: (conn) => (conn.text.startsWith('GET ') ? { remote: '127.0.0.1:${10_000 + id}' } : { noop: true, atLeast: 4 }) } }))()`
}

import { basename } from 'node:path'
import type { RecordedConnection, RecordedDecision } from '../record.ts'
import { type Fate, fateOf } from '../testing/connection.ts'
import { tablesBeside, type Values } from '../testing/tables.ts'
import type { Outcome } from '../testing/verdict.ts'
import { fateText } from '../testing/words.ts'
import type { OpenRouter, Workbench } from '../testing/workbench.ts'
import { openOrTell } from './check.ts'
import { routerFile, UsageError } from './files.ts'
import { inquiriesOf, readRecord } from './recorded.ts'
import type { Terminal } from './terminal.ts'
import { withBench } from './with-bench.ts'

interface Answered {
  readonly fate: Fate
  /** Which question decided, from 0. */
  readonly question: number
}

/** What became of asking again about one connection. */
type Replayed = 'same' | 'redacted' | { readonly then: Fate; readonly now: Fate }

const AT_ONCE = 16
const MOST_SHOWN = 50

/** `router-sdk replay`: asks a router again what it was asked. The result is the exit code: 1 when a connection goes elsewhere. */
export async function replay(recordFile: string, named: string, terminal: Terminal): Promise<number> {
  const file = routerFile(named)
  const { connections, unfinished } = await readRecord(recordFile)
  const own = connections.filter(({ router }) => basename(router) === basename(file, '.ts'))
  if (own.length === 0) throw new UsageError(noConnection(recordFile, file, connections))
  return withBench({ asks: true }, async (bench) => {
    const router = await openOrTell(bench, file, terminal)
    if (router === undefined) return 1
    const beside = await tablesBeside(file)
    const replayed = await replayAll(own, (connection) => replayOne(bench, router, connection, beside), terminal)
    return tell(own, replayed, unfinished, terminal)
  })
}

function noConnection(recordFile: string, file: string, connections: readonly RecordedConnection[]): string {
  const routers = [...new Set(connections.map(({ router }) => router))]
  const has = routers.length === 0 ? 'it has none at all' : `it has some of ${routers.slice(0, 10).join(', ')}`
  return `${recordFile} has no connection of the router ${basename(file, '.ts')}: ${has}`
}

async function replayAll(
  connections: readonly RecordedConnection[],
  one: (connection: RecordedConnection) => Promise<Replayed>,
  terminal: Terminal,
): Promise<Replayed[]> {
  const replayed: Replayed[] = []
  for (let at = 0; at < connections.length; at += AT_ONCE) {
    terminal.progress(`connection ${at + 1} of ${connections.length}`)
    replayed.push(...(await Promise.all(connections.slice(at, at + AT_ONCE).map(one))))
  }
  return replayed
}

async function replayOne(
  bench: Workbench,
  router: OpenRouter,
  connection: RecordedConnection,
  beside: Values,
): Promise<Replayed> {
  const inquiries = inquiriesOf(connection, beside)
  const bytes = inquiries.findLast((inquiry) => inquiry !== undefined)?.bytes ?? new Uint8Array(0)
  const then = decided(connection.questions, bytes)
  let now: Answered | undefined
  for (const [index, inquiry] of inquiries.entries()) {
    if (inquiry === undefined) return 'redacted'
    // A router that lost a hook is not asked it, as in production.
    if (!router.description.hooks.includes(inquiry.hook)) continue
    const { outcome } = await bench.ask(router, inquiry)
    now = { fate: fate(outcome, inquiry.bytes.length, inquiry.final, bytes), question: index }
    if (outcome.kind !== 'wait') break
  }
  const found: Fate = now?.fate ?? { kind: 'wait' }
  return goesElsewhere(then, found) ? { then, now: found } : 'same'
}

/** How the connection ended up when it was recorded. */
function decided(questions: RecordedConnection['questions'], all: Uint8Array): Fate {
  const last = questions.find(({ decision }) => decision.kind !== 'wait') ?? questions.at(-1)
  if (last === undefined) return { kind: 'wait' }
  const seen = typeof last.bytes === 'number' ? last.bytes : last.bytes.length
  return fate(last.decision, seen, last.final, all)
}

function fate(decision: RecordedDecision | Outcome, seen: number, final: boolean, bytes: Uint8Array): Fate {
  if (decision.kind === 'failed') return { kind: 'failed', message: decision.message }
  return fateOf({ outcome: decision, seen, final, lookups: [], log: [], cpu: 0 }, bytes)
}

/** Messages of failures, and timeouts, may change without a connection going elsewhere. */
function goesElsewhere(then: Fate, now: Fate): boolean {
  if (then.kind === 'forward' && now.kind === 'forward')
    return then.remote !== now.remote || then.up !== now.up || then.reply !== now.reply
  if (then.kind === 'close' && now.kind === 'close') return then.text !== now.text
  return then.kind !== now.kind
}

function tell(
  connections: readonly RecordedConnection[],
  replayed: readonly Replayed[],
  unfinished: boolean,
  terminal: Terminal,
): number {
  let shownSoFar = 0
  let elsewhere = 0
  for (const [index, result] of replayed.entries()) {
    const connection = connections[index]
    if (typeof result === 'string' || connection === undefined) continue
    elsewhere += 1
    if (++shownSoFar > MOST_SHOWN) continue
    const { id, time, client } = connection
    terminal.line(`${terminal.style('red', '✖')} ${id}  ${time}  ${client.address}:${client.port}`)
    terminal.line(`    then  ${fateText(result.then)}\n    now   ${fateText(result.now)}`)
  }
  if (elsewhere > MOST_SHOWN) terminal.line(`and ${elsewhere - MOST_SHOWN} more`)
  const redacted = replayed.filter((result) => result === 'redacted').length
  const notes = [
    `${replayed.length - redacted} connections asked again, ${elsewhere} would go elsewhere`,
    ...(redacted > 0 ? [`${redacted} whose bytes were left out could not be asked`] : []),
    ...(unfinished ? ['the last line of the record is not whole and was left out'] : []),
  ]
  terminal.line(terminal.style(elsewhere > 0 ? 'red' : 'green', notes.join('; ')))
  return elsewhere > 0 ? 1 : 0
}

import { basename, dirname } from 'node:path'
import type { RecordedConnection } from '../record.ts'
import { tablesBeside } from '../testing/tables.ts'
import { fateText } from '../testing/words.ts'
import { askAgain, type Elsewhere, type Replayed } from './ask-again.ts'
import { openOrTell } from './check.ts'
import { flatFolders, routerFile, UsageError } from './files.ts'
import { readRecord } from './recorded.ts'
import type { Terminal } from './terminal.ts'
import { withBench } from './with-bench.ts'

export interface ReplayOptions {
  readonly router?: string
  readonly flat?: boolean
}

const AT_ONCE = 16
const MOST_SHOWN = 50
const MOST_NAMES = 10

/** `router-sdk replay`: asks a router again what it was asked. The result is the exit code: 1 when a connection goes elsewhere. */
export async function replay(
  recordFile: string,
  named: string,
  options: ReplayOptions,
  terminal: Terminal,
): Promise<number> {
  const file = routerFile(named)
  const { connections, unfinished } = await readRecord(recordFile)
  const name = options.router ?? recordedName(file, connections)
  const own = connections.filter(({ router }) => router === name)
  const others = connections.filter(({ router }) => router !== name)
  if (own.length === 0) throw new UsageError(noConnection(recordFile, name, others))
  return withBench({ many: false, flat: flatFolders(options, file) }, async (bench) => {
    const router = await openOrTell(bench, file, terminal)
    if (router === undefined) return 1
    const beside = await tablesBeside(file)
    const replayed = await replayAll(own, (connection) => askAgain(bench, router, connection, beside), terminal)
    const elsewhere = list(own, replayed, terminal)
    const notes = [
      ...summary(own, replayed, elsewhere),
      ...(others.length > 0 ? [`not asked about: ${names(others)}`] : []),
    ]
    if (unfinished) notes.push('the last line of the record is not whole and was left out')
    terminal.line(terminal.style(elsewhere > 0 ? 'red' : 'green', notes.join('; ')))
    return elsewhere > 0 ? 1 : 0
  })
}

/** What the proxy called this router: a tenant's has the folder's name before its own. */
function recordedName(file: string, connections: readonly RecordedConnection[]): string {
  const name = basename(file, '.ts')
  const tenants = `${basename(dirname(file))}/${name}`
  return connections.some(({ router }) => router === tenants) ? tenants : name
}

function noConnection(recordFile: string, name: string, others: readonly RecordedConnection[]): string {
  const has = others.length === 0 ? 'it has none at all' : `it has ${names(others)}`
  const near = others.find(({ router }) => basename(router) === basename(name))?.router
  const hint = near === undefined ? '' : `; --router ${near} asks about those`
  return `${recordFile} has no connection of the router ${name}: ${has}${hint}`
}

/** The routers whose connections these are, and how many. */
function names(connections: readonly RecordedConnection[]): string {
  const counts = new Map<string, number>()
  for (const { router } of connections) counts.set(router, (counts.get(router) ?? 0) + 1)
  const texts = [...counts].map(([router, count]) => `${count} of ${router}`)
  const left = texts.length - MOST_NAMES
  return [...texts.slice(0, MOST_NAMES), ...(left > 0 ? [`and of ${left} more routers`] : [])].join(', ')
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

/** Lists the connections that would go elsewhere; the result is how many. */
function list(connections: readonly RecordedConnection[], replayed: readonly Replayed[], terminal: Terminal): number {
  let elsewhere = 0
  for (const [index, result] of replayed.entries()) {
    const connection = connections[index]
    if (typeof result === 'string' || connection === undefined) continue
    if (++elsewhere <= MOST_SHOWN) terminal.line(elsewhereText(connection, result, terminal))
  }
  if (elsewhere > MOST_SHOWN) terminal.line(`and ${elsewhere - MOST_SHOWN} more`)
  return elsewhere
}

function elsewhereText(
  { id, time, client }: RecordedConnection,
  { after, then, now }: Elsewhere,
  terminal: Terminal,
): string {
  const asked = after === undefined ? '' : `, asked ${after}`
  const head = `${terminal.style('red', '✖')} ${id}  ${time}  ${client.address}:${client.port}${asked}`
  return `${head}\n    then  ${fateText(then)}\n    now   ${fateText(now)}`
}

function summary(
  connections: readonly RecordedConnection[],
  replayed: readonly Replayed[],
  elsewhere: number,
): string[] {
  const redacted = replayed.filter((result) => result === 'redacted').length
  const asked = `${replayed.length - redacted} connections asked again, ${elsewhere} would go elsewhere`
  const partly = connections.filter(({ leftOut }, index) => leftOut > 0 && replayed[index] === 'same').length
  const notes = [asked]
  if (redacted > 0) notes.push(`${redacted} of whose bytes too few were kept could not be judged`)
  if (partly > 0) notes.push(`${partly} had too many questions to keep: not all were asked again`)
  return notes
}

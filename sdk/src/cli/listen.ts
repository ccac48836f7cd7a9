import { createServer, type Server, type Socket } from 'node:net'
import { type RecordedConnection, Tape } from '../record.ts'
import type { Hook } from '../sandbox/sandbox.ts'
import { Case } from '../testing/given.ts'
import type { Inquiry, Tables, Verdict } from '../testing/verdict.ts'
import type { OpenRouter, Workbench } from '../testing/workbench.ts'
import { UsageError } from './files.ts'
import { Incoming } from './incoming.ts'
import { questionOf } from './recorded.ts'

/** Where connections are taken: of this machine only. */
const HOST = '127.0.0.1'
const MOST_AT_ONCE = 64

/** What came of asking a router about one real connection. */
export interface Heard {
  readonly connection: Pick<RecordedConnection, 'time' | 'client' | 'local' | 'listener'>
  readonly tape: Tape
  readonly verdict: Verdict
  /** The last question that was asked. */
  readonly asked: Pick<Inquiry, 'hook' | 'bytes' | 'final'>
}

export interface ListenOptions {
  readonly port: number
  /** A client's address, instead of each one's own. */
  readonly from: string | undefined
  readonly tables: Tables
  /** Told where, once connections are accepted. */
  readonly listening: (address: string) => void
  /** Told of each connection that the router was asked about; `false` ends it all. */
  readonly heard: (heard: Heard) => boolean
  readonly signal: AbortSignal
}

/** Accepts connections and asks a router about each, as the proxy would; says nothing to them. Resolves when it is told to end. */
export async function listen(bench: Workbench, router: OpenRouter, options: ListenOptions): Promise<void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const failed = Promise.withResolvers<never>()
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const incoming = new Incoming(socket)
    hear(bench, router, socket, incoming, options)
      .finally(() => incoming.part())
      .then((heard) => {
        if (heard !== undefined && !signal.aborted && !options.heard(heard)) stop.abort()
      })
      .catch(failed.reject)
  })
  server.maxConnections = MOST_AT_ONCE
  try {
    options.listening(await bind(server, options.port))
    await Promise.race([failed.promise, aborted(signal)])
  } finally {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}

async function bind(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new UsageError(`cannot listen on ${HOST}:${port}: ${error.message}`)))
    server.listen(port, HOST, resolve)
  })
  const address = server.address()
  return `${HOST}:${typeof address === 'object' ? address?.port : port}`
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Asks about one connection until the router decides; `undefined` when the client left before it was asked anything. */
async function hear(
  bench: Workbench,
  router: OpenRouter,
  socket: Socket,
  incoming: Incoming,
  { from, tables }: Pick<ListenOptions, 'from' | 'tables'>,
): Promise<Heard | undefined> {
  const facts = factsOf(socket, from)
  const { hooks } = router.description
  const tape = new Tape()
  let heard: Heard | undefined
  const ask = async (hook: Hook, bytes: Uint8Array, final: boolean): Promise<number | undefined> => {
    const inquiry: Inquiry = { ...facts, hook, bytes, final, now: Date.now(), tables }
    const verdict = await bench.ask(router, inquiry)
    tape.add(questionOf(inquiry, verdict), bytes)
    heard = { connection: facts, tape, verdict, asked: inquiry }
    return verdict.outcome.kind === 'wait' && !final ? Math.max(bytes.length + 1, verdict.outcome.atLeast) : undefined
  }
  let wanted: number | undefined = 1
  if (hooks.includes('onConnect')) wanted = await ask('onConnect', new Uint8Array(0), false)
  while (wanted !== undefined && hooks.includes('route')) {
    const arrived = await incoming.atLeast(wanted)
    if (arrived === undefined) break
    wanted = await ask('route', arrived.bytes, arrived.final)
  }
  return heard
}

function factsOf(
  socket: Socket,
  from: string | undefined,
): Pick<RecordedConnection, 'time' | 'client' | 'local' | 'listener'> {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket
  return {
    time: new Date().toISOString(),
    client:
      from === undefined ? { address: remoteAddress, port: remotePort } : new Case('', undefined).from(from).client,
    local: { address: localAddress, port: localPort },
    listener: `${HOST}:${localPort}`,
  }
}

import type { ConnectError } from 'router-sdk'
import type { UpstreamAddress } from 'router-sdk/decision'
import { formatAddress } from '../transport/address.ts'
import type { ConnectEvents, Connection, ConnectTarget, Transport } from '../transport/transport.ts'
import type { Resolved } from './dns.ts'

export interface UpstreamOptions {
  readonly upstream: UpstreamAddress
  readonly transport: Transport
  readonly resolver: { resolve(host: string, answered: (result: Resolved) => void): void }
  /** Milliseconds for each attempt. */
  readonly connectTimeout: number
  /** Rounds after the first, and milliseconds between two of them. */
  readonly retries: number
  readonly retryDelay: number
  /** Judges each address before it is connected to: a sentence refuses it. */
  readonly allow?: (target: ConnectTarget) => string | undefined
}

/** Called later, one of the two and once; never after `cancel`. */
export interface UpstreamEvents {
  /** The receiver owns the connection, and sets its events before this returns. */
  connected(result: UpstreamConnected): void
  failed(result: UpstreamFailed): void
}

export interface UpstreamConnected {
  readonly connection: Connection
  /** Where it leads: `address:port`, `[address]:port` or `unix:/path`. */
  readonly address: string
  /** Connection attempts made, this one included. */
  readonly attempts: number
}

export interface UpstreamFailed {
  readonly code: ConnectError['code']
  readonly message: string
  /** Connection attempts made; 0 when there was no address to try. */
  readonly attempts: number
  /** What was tried last, in the form of `UpstreamConnected`. */
  readonly lastAddress: string | undefined
}

/** The connecting phase of a connection. */
export interface UpstreamAttempt {
  /** Gives up: the attempt under way is destroyed, and neither event will be called. Nothing happens once one was. */
  cancel(): void
}

/** Addresses of one name that a round tries: a name server may list hundreds, each worth a `connectTimeout`. */
const ADDRESSES_A_ROUND = 8

/**
 * Connects to the upstream. A round resolves its name and tries its addresses in turn, without delay; when all have failed,
 * another round follows after `retryDelay`, up to `retries` times. A name whose addresses are all refused by `allow` is not
 * tried again. A connection that was made is never made again, whatever becomes of it.
 */
export function connectUpstream(options: UpstreamOptions, events: UpstreamEvents): UpstreamAttempt {
  const connecting = new Connecting(options, events)
  connecting.startRound()
  return connecting
}

type Failure = Pick<UpstreamFailed, 'code' | 'message'>
/** `accepted`: the connection was made, and reset before we saw it. */
type AttemptFailure = Failure & { readonly accepted: boolean }

class Connecting implements UpstreamAttempt {
  #options: UpstreamOptions
  #events: UpstreamEvents
  #round = 0
  #attempts = 0
  /** Of this round, not yet tried. */
  #targets: ConnectTarget[] = []
  #lastAddress: string | undefined
  /** Of the last attempt. */
  #failure: Failure | undefined
  #attempt: Attempt | undefined
  #retry: NodeJS.Timeout | undefined
  #over = false

  constructor(options: UpstreamOptions, events: UpstreamEvents) {
    this.#options = options
    this.#events = events
  }

  cancel(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#retry)
    this.#attempt?.abandon()
  }

  startRound(): void {
    const { upstream, resolver } = this.#options
    if (upstream.kind === 'unix') return this.#tryAll([upstream])
    const { host, port } = upstream
    resolver.resolve(host, (result) => {
      if (this.#over) return
      if (result instanceof Error) this.#endRound({ code: 'unresolved', message: result.message })
      else this.#tryAll(result.map((address) => ({ kind: 'tcp', address, port })))
    })
  }

  #tryAll(targets: ConnectTarget[]): void {
    const allow = this.#options.allow ?? (() => undefined)
    let refusal: string | undefined
    this.#targets = targets.filter((target) => {
      const reason = allow(target)
      refusal ??= reason
      return reason === undefined
    })
    if (this.#targets.length === 0)
      return this.#fail({ code: 'not-allowed', message: refusal ?? 'no address is allowed' })
    this.#targets.length = Math.min(this.#targets.length, ADDRESSES_A_ROUND)
    this.#tryNext()
  }

  #tryNext(): void {
    const target = this.#targets.shift()
    if (target === undefined) return this.#endRound(this.#failure)
    this.#attempts += 1
    this.#lastAddress = formatTarget(target)
    const { transport, connectTimeout } = this.#options
    this.#attempt = new Attempt(transport, target, connectTimeout, (result) => {
      if ('code' in result) {
        const { accepted, ...failure } = result
        this.#failure = failure
        if (accepted) this.#fail(failure)
        else this.#tryNext()
      } else this.#succeed(result, formatTarget(target))
    })
  }

  #endRound(failure: Failure | undefined): void {
    const { retries, retryDelay } = this.#options
    if (this.#round >= retries) return this.#fail(failure ?? { code: 'failed', message: 'no address was tried' })
    this.#round += 1
    this.#retry = setTimeout(() => this.startRound(), retryDelay)
  }

  #succeed(connection: Connection, address: string): void {
    this.#over = true
    this.#events.connected({ connection, address, attempts: this.#attempts })
  }

  /** Never before `connectUpstream` has returned, although a resolver may answer at once. */
  #fail(failure: Failure): void {
    process.nextTick(() => {
      if (this.#over) return
      this.#over = true
      this.#events.failed({ ...failure, attempts: this.#attempts, lastAddress: this.#lastAddress })
    })
  }
}

/** One attempt to connect to one address. Its result comes once, and later than its construction. */
class Attempt implements ConnectEvents {
  #connection: Connection
  #target: ConnectTarget
  #done: ((result: Connection | AttemptFailure) => void) | undefined
  #timer: NodeJS.Timeout

  constructor(
    transport: Transport,
    target: ConnectTarget,
    timeout: number,
    done: (result: Connection | AttemptFailure) => void,
  ) {
    this.#target = target
    this.#done = done
    this.#timer = setTimeout(() => this.#timeOut(timeout), timeout)
    this.#connection = transport.connect(target, this)
  }

  /** Destroys the connection and tells nobody. */
  abandon(): void {
    this.#done = undefined
    clearTimeout(this.#timer)
    this.#connection.destroy(true)
  }

  connected(): void {
    this.#finish(this.#connection)
  }

  closed(error: Error | undefined): void {
    this.#finish(failureOf(this.#target, error))
  }

  // nothing comes before `connected`, and after it the connection has another owner
  data(): void {}
  ended(): void {}
  drained(): void {}

  #timeOut(timeout: number): void {
    const done = this.#done
    this.abandon()
    const message = `connect to ${formatTarget(this.#target)}: no answer in ${timeout} ms`
    done?.({ code: 'timeout', message, accepted: false })
  }

  #finish(result: Connection | AttemptFailure): void {
    clearTimeout(this.#timer)
    const done = this.#done
    this.#done = undefined
    done?.(result)
  }
}

/** `address:port`, `[address]:port` for IPv6, or `unix:/path`. */
export function formatTarget(target: ConnectTarget): string {
  if (target.kind === 'unix') return `unix:${target.path}`
  return formatAddress(target.address, target.port)
}

const CODES: Readonly<Record<string, Failure['code']>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  ENOENT: 'unreachable', // a unix socket that does not exist
}

function failureOf(target: ConnectTarget, error: Error | undefined): AttemptFailure {
  const system = error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const reason = system ?? error?.message ?? 'the connection was closed'
  const message = `connect to ${formatTarget(target)}: ${reason}`
  // a reset in answer to SYN is ECONNREFUSED; this one came after the handshake
  return { code: CODES[system ?? ''] ?? 'failed', message, accepted: system === 'ECONNRESET' }
}

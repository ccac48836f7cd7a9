import type { UpstreamAddress } from 'router-sdk/decision'
import { formOfHost } from '../tenants/host-form.ts'
import type { Judge, Verdict } from '../tenants/reach.ts'
import { formatTarget } from '../transport/address.ts'
import { after, type Deadline } from '../transport/deadlines.ts'
import type { Connection, ConnectTarget, Transport } from '../transport/transport.ts'
import { Attempt, type Destination, type Failure, shownAs, systemFailure } from './connect-attempt.ts'
import type { Resolved } from './dns.ts'

export interface UpstreamOptions {
  readonly upstream: UpstreamAddress
  readonly transport: Transport
  readonly resolver: { resolve(host: string, answered: (result: Resolved) => void): void }
  /** Milliseconds for each attempt. */
  readonly connectTimeout: number
  /** What it is connected for is written at once. */
  readonly writesAtOnce?: boolean
  /** Rounds after the first, and milliseconds between two of them. */
  readonly retries: number
  readonly retryDelay: number
  /** Asked of each address at the moment of connecting to it. Default: any may be connected to. */
  readonly judge?: Judge
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

export interface UpstreamFailed extends Failure {
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
/** The router hears this. What its name resolved to, and why that is refused, is the operator's to know. */
const NOT_ALLOWED = 'the operator does not allow this upstream'

/**
 * Connects to the upstream. A round resolves its name and tries its addresses in turn, without delay; when all have failed,
 * another round follows after `retryDelay`, up to `retries` times. What `judge` refuses is passed over; a name of which a round
 * finds no other address is not tried again. A connection that was made is never made again, whatever becomes of it.
 */
export function connectUpstream(options: UpstreamOptions, events: UpstreamEvents): UpstreamAttempt {
  const connecting = new Connecting(options, events)
  connecting.startRound()
  return connecting
}

class Connecting implements UpstreamAttempt {
  readonly #options: UpstreamOptions
  readonly #events: UpstreamEvents
  #round = 0
  #attempts = 0
  /** Of this round, not yet tried. */
  #targets: ConnectTarget[] = []
  #attemptsLeft = 0
  /** What the addresses of this round were found for. */
  #name: string | undefined
  #refused = false
  #lastAddress: string | undefined
  /** Of the last attempt. */
  #failure: Failure | undefined
  #attempt: Attempt | undefined
  #retry: Deadline | undefined
  #over = false

  constructor(options: UpstreamOptions, events: UpstreamEvents) {
    this.#options = options
    this.#events = events
  }

  cancel(): void {
    if (this.#over) return
    this.#over = true
    this.#retry?.cancel()
    this.#attempt?.abandon()
  }

  startRound(): void {
    const { upstream, resolver } = this.#options
    if (upstream.kind === 'unix') return this.#tryAll([upstream])
    const { host, port } = upstream
    const form = formOfHost(host)
    if (typeof form === 'string') return this.#fail({ code: 'unresolved', message: form })
    if (form.kind === 'address') return this.#tryAll([{ kind: 'tcp', address: form.address, port }])
    this.#name = form.name
    resolver.resolve(form.name, (result) => {
      if (this.#over) return
      if (result instanceof Error) this.#endRound({ code: 'unresolved', message: result.message })
      else this.#tryAll(result.map((address) => ({ kind: 'tcp', address, port })))
    })
  }

  #tryAll(targets: ConnectTarget[]): void {
    this.#targets = targets
    this.#attemptsLeft = ADDRESSES_A_ROUND
    this.#refused = false
    this.#tryNext()
  }

  #tryNext(): void {
    while (this.#attemptsLeft > 0) {
      const target = this.#targets.shift()
      if (target === undefined) break
      const verdict = this.#options.judge?.(target, this.#name) ?? { kind: 'permitted', target }
      if (verdict.kind === 'permitted') return this.#try(verdict)
      this.#passOver(target, verdict)
    }
    this.#allTried()
  }

  #passOver(target: ConnectTarget, verdict: Exclude<Verdict, { kind: 'permitted' }>): void {
    if (verdict.kind === 'refused') {
      this.#refused = true
      return
    }
    const address = formatTarget(target)
    this.#count(address)
    this.#failure = systemFailure(address, verdict.code)
  }

  #try(destination: Destination): void {
    const { transport, connectTimeout: timeout, writesAtOnce = false } = this.#options
    const address = shownAs(destination)
    this.#count(address)
    this.#attempt = new Attempt(transport, destination, { timeout, writesAtOnce }, (result) => {
      if ('code' in result) {
        const { accepted, ...failure } = result
        this.#failure = failure
        if (accepted) this.#fail(failure)
        else this.#tryNext()
      } else this.#succeed(result, address)
    })
  }

  #count(address: string): void {
    this.#attempts += 1
    this.#attemptsLeft -= 1
    this.#lastAddress = address
  }

  #allTried(): void {
    const noneTried = this.#attemptsLeft === ADDRESSES_A_ROUND
    if (noneTried && this.#refused) this.#fail({ code: 'not-allowed', message: NOT_ALLOWED })
    else this.#endRound(this.#failure)
  }

  #endRound(failure: Failure | undefined): void {
    const { retries, retryDelay } = this.#options
    if (this.#round >= retries) return this.#fail(failure ?? { code: 'failed', message: 'no address was tried' })
    this.#round += 1
    this.#retry = after(retryDelay, () => this.startRound())
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

import { performance } from 'node:perf_hooks'
import type { TenantLimits } from '../config/settings.ts'
import { clientOf } from './client-address.ts'
import { TokenBucket } from './token-bucket.ts'

/** What bit: the name of a limit, the rules of reach, or a tenant's part of the connections that there may be in all. */
export type LimitName = keyof TenantLimits | 'reach' | 'maxConnections'

/** What becomes of a new connection. One that is refused was not counted in; any other is until `leave`. */
export type Admission =
  | { readonly kind: 'admitted' }
  /** It may go on after so many milliseconds. */
  | { readonly kind: 'wait'; readonly milliseconds: number; readonly limit: LimitName }
  | { readonly kind: 'refused'; readonly limit: LimitName }

/** What one tenant uses in one worker, for reports. */
export interface UsageReport {
  readonly connections: number
  /** Since the start, as all below. */
  readonly accepted: number
  readonly decisions: number
  /** Decisions that ended without an answer. */
  readonly failures: number
  /** Decisions that were remembered, so that nobody was asked. */
  readonly memoHits: number
  readonly bytesUp: number
  readonly bytesDown: number
  /** How often each limit made a connection or a decision wait, be refused, or lost a line. */
  readonly limited: Readonly<Partial<Record<LimitName, number>>>
}

interface Client {
  current: number
  readonly rate: TokenBucket
}

export interface TenantUsageOptions {
  /** Told each time that a limit bites. */
  readonly bitten: (limit: LimitName) => void
  /** Places for connections, whosever; without it they are no matter. */
  readonly places?: () => Places
  /** Milliseconds, monotonic. */
  readonly now?: () => number
}

/** Connections that a worker may have. */
export interface Places {
  readonly all: number
  readonly free: number
}

/**
 * A tenant may have so many times the places that are free, less a tenth of all. So it may have nearly three quarters of them when
 * nobody else has any, and tenants that take all that they may leave that tenth to those that have less than a few.
 */
const TIMES_FREE = 4
const RESERVED = 0.1
const FEW = 0.005
/**
 * A connection whose decision fails counts as so many new ones: clients that get nowhere come again at once, and what they cost beside
 * the connection (a record, a line of the log, a strike) is most of it. No more is owed for that than half of what may be waited for.
 */
const FAILURE_COUNTS = 5
const MOST_OWED = 500
/** The longest that a connection waits for its turn, in milliseconds; one that would wait longer is refused. */
const LONGEST_WAIT = 1000
/** Clients without a connection are forgotten when there are so many. */
const MOST_QUIET_CLIENTS = 10_000
/** So many are kept without one, since most come back soon. */
const KEPT_CLIENTS = 16

/** What one tenant uses in one worker, held against its limits. */
export class TenantUsage {
  #limits: TenantLimits
  readonly #now: () => number
  readonly #bitten: (limit: LimitName) => void
  readonly #places: (() => Places) | undefined
  readonly #rate: TokenBucket
  readonly #relay: TokenBucket
  readonly #lines: TokenBucket
  readonly #clients = new Map<string, Client>()
  readonly #limited: Partial<Record<LimitName, number>> = {}
  #connections = 0
  #accepted = 0
  #decisions = 0
  #failures = 0
  #memoHits = 0
  #bytesUp = 0
  #bytesDown = 0

  constructor(limits: TenantLimits, options: TenantUsageOptions) {
    const { bitten, places, now = () => performance.now() } = options
    this.#limits = limits
    this.#places = places
    this.#bitten = bitten
    this.#now = now
    this.#rate = new TokenBucket(limits.connectionsPerSecond, burstOf(limits), now)
    this.#relay = new TokenBucket(limits.relayBytesPerSecond, limits.relayBytesPerSecond, now)
    this.#lines = new TokenBucket(limits.logLinesPerSecond, limits.logLinesPerSecond, now)
  }

  get limits(): TenantLimits {
    return this.#limits
  }

  /** What is in use stays in use, also beyond a limit that is lower now. */
  configure(limits: TenantLimits): void {
    this.#limits = limits
    this.#rate.configure(limits.connectionsPerSecond, burstOf(limits))
    this.#relay.configure(limits.relayBytesPerSecond, limits.relayBytesPerSecond)
    this.#lines.configure(limits.logLinesPerSecond, limits.logLinesPerSecond)
    for (const { rate } of this.#clients.values())
      rate.configure(limits.clientConnectionsPerSecond, limits.clientConnectionsPerSecond)
  }

  /** A connection of the client at `address` wants in. */
  enter(address: string): Admission {
    const { connections, clientConnections } = this.#limits
    const client = this.#client(clientOf(address))
    const over = this.#over(connections, this.#connections, 'connections')
    const refused = over ?? this.#over(clientConnections, client.current, 'clientConnections')
    if (refused !== undefined) return this.#refuse(refused)
    if (!this.#hasPlace()) return this.#refuse('maxConnections')
    const [own, clients] = [this.#rate.wait(1), client.rate.wait(1)]
    const limit = own >= clients ? 'connectionsPerSecond' : 'clientConnectionsPerSecond'
    const milliseconds = Math.max(own, clients)
    if (milliseconds > LONGEST_WAIT) return this.#refuse(limit)
    this.#rate.take(1)
    client.rate.take(1)
    client.current += 1
    this.#connections += 1
    this.#accepted += 1
    if (milliseconds === 0) return { kind: 'admitted' }
    this.bite(limit)
    return { kind: 'wait', milliseconds, limit }
  }

  /** A connection that had been let in is over. */
  leave(address: string, bytes: { readonly up: number; readonly down: number }): void {
    const key = clientOf(address)
    const client = this.#clients.get(key)
    this.#connections -= 1
    this.#bytesUp += bytes.up
    this.#bytesDown += bytes.down
    if (client === undefined) return
    client.current -= 1
    if (client.current === 0 && client.rate.full && this.#clients.size > KEPT_CLIENTS) this.#clients.delete(key)
  }

  decided(failed: boolean): void {
    this.#decisions += 1
    if (failed) this.#failures += 1
  }

  /** Its router was to blame for a decision that failed. */
  failed(): void {
    if (this.#rate.wait(FAILURE_COUNTS - 1) <= MOST_OWED) this.#rate.take(FAILURE_COUNTS - 1)
  }

  /** A decision was remembered. */
  remembered(): void {
    this.#memoHits += 1
  }

  /** Bytes were relayed; the answer is for how many milliseconds no more should be read where they came from. */
  relayed(bytes: number): number {
    const pause = this.#relay.take(bytes)
    if (pause > 0) this.bite('relayBytesPerSecond')
    return pause
  }

  /** How many of so many lines may be written to the log. */
  mayLog(lines: number): number {
    let allowed = 0
    while (allowed < lines && this.#lines.wait(1) === 0) {
      this.#lines.take(1)
      allowed += 1
    }
    for (let dropped = lines - allowed; dropped > 0; dropped--) this.bite('logLinesPerSecond')
    return allowed
  }

  /** A limit was reached: counts it, and says so. */
  bite(limit: LimitName): void {
    this.#limited[limit] = (this.#limited[limit] ?? 0) + 1
    this.#bitten(limit)
  }

  /** It has no connection, and all that was spent has come back: forgetting it changes no answer. */
  get idle(): boolean {
    if (this.#connections > 0 || !this.#rate.full || !this.#relay.full || !this.#lines.full) return false
    for (const { rate } of this.#clients.values()) if (!rate.full) return false
    return true
  }

  get report(): UsageReport {
    return {
      connections: this.#connections,
      accepted: this.#accepted,
      decisions: this.#decisions,
      failures: this.#failures,
      memoHits: this.#memoHits,
      bytesUp: this.#bytesUp,
      bytesDown: this.#bytesDown,
      limited: { ...this.#limited },
    }
  }

  #over(most: number, now: number, limit: LimitName): LimitName | undefined {
    return most !== 0 && now >= most ? limit : undefined
  }

  #hasPlace(): boolean {
    if (this.#places === undefined) return true
    const { all, free } = this.#places()
    return this.#connections < Math.max(TIMES_FREE * (free - RESERVED * all), FEW * all)
  }

  #refuse(limit: LimitName): Admission {
    this.bite(limit)
    return { kind: 'refused', limit }
  }

  #client(key: string): Client {
    const known = this.#clients.get(key)
    if (known !== undefined) return known
    if (this.#clients.size >= MOST_QUIET_CLIENTS) this.#forgetQuiet()
    const { clientConnectionsPerSecond: rate } = this.#limits
    const client = { current: 0, rate: new TokenBucket(rate, rate, this.#now) }
    this.#clients.set(key, client)
    return client
  }

  /** Those that spent nothing of late first; if all did, those are forgotten too: their number must not grow. */
  #forgetQuiet(): void {
    for (const onlyFull of [true, false]) {
      for (const [key, { current, rate }] of this.#clients)
        if (current === 0 && (!onlyFull || rate.full)) this.#clients.delete(key)
      if (this.#clients.size < MOST_QUIET_CLIENTS) return
    }
  }
}

function burstOf({ connectionsPerSecond, connectionBurst }: TenantLimits): number {
  return Math.min(connectionBurst, connectionsPerSecond)
}

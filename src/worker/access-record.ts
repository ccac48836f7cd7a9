import { performance } from 'node:perf_hooks'

/** Why a connection ended. One for each; `docs/operating.md` says what to do about them. */
export type CloseReason =
  /** Relayed: the client finished, or closed, first. */
  | 'client-end'
  /** Relayed: the upstream finished, or closed, first. */
  | 'upstream-end'
  | 'client-reset'
  | 'upstream-reset'
  /** Relayed, and no byte went either way for the idle timeout. */
  | 'idle-timeout'
  /** The upstream said nothing for the router's `inactivityTimeout`. */
  | 'inactivity-timeout'
  /** The router answered `close`. */
  | 'router-closed'
  /** The router still waited when the preread deadline had passed. */
  | 'preread-timeout'
  /** The router still waited when the preread limit was reached. */
  | 'preread-full'
  /** The client left, or had said all that it would, before the router decided. */
  | 'client-left'
  /** The router failed (see `failure`) and its failure answer was to close. */
  | 'router-failed'
  /** No upstream could be reached. */
  | 'connect-failed'
  /** Its tenant may not reach any address of the upstream. */
  | 'not-allowed'
  /** A limit of its tenant refused it: `limit` names which. */
  | 'over-limit'
  /** Nobody's: no router on this port has the host name that was asked for, nor those that no router names. */
  | 'no-router'
  /** The drain's time was up. */
  | 'drain-forced'

/** One line of the access log: what became of one connection. Times are milliseconds, with microseconds as decimals. */
export interface AccessRecord {
  readonly id: string
  readonly listener: string
  readonly client: string
  /** `undefined` where none was chosen. */
  readonly router: string | undefined
  /** The version that decided, counted from 1; with its bundle's hash. */
  readonly version: number | undefined
  readonly bundle: string | undefined
  readonly decision: 'forward' | 'close' | 'none'
  /** What went wrong in the router, where something did. */
  readonly failure: string | undefined
  /** The limit that refused it, as the configuration calls it. */
  readonly limit: string | undefined
  readonly questions: number
  readonly lookups: number
  readonly prereadBytes: number
  readonly upstream: string | undefined
  /** The resolved address that was connected to, or tried last. */
  readonly address: string | undefined
  readonly attempts: number
  /** Until the decision, the time spent in decisions aside. */
  readonly prereadMs: number
  readonly decisionMs: number
  readonly connectMs: number
  readonly durationMs: number
  /** From the client to the upstream, and back. */
  readonly bytesUp: number
  readonly bytesDown: number
  readonly reason: CloseReason
}

/** What a session notes on its way; `finish` makes the record of it. */
export class RecordKeeper {
  readonly #started = performance.now()
  #prereadEnd: number | undefined
  #connectStart: number | undefined
  decision: AccessRecord['decision'] = 'none'
  version: number | undefined
  bundle: string | undefined
  failure: string | undefined
  limit: string | undefined
  questions = 0
  lookups = 0
  prereadBytes = 0
  upstream: string | undefined
  address: string | undefined
  attempts = 0
  decisionMs = 0
  connectMs = 0

  /** Milliseconds since the connection was accepted. */
  get elapsed(): number {
    return performance.now() - this.#started
  }

  decided(): void {
    this.#prereadEnd ??= performance.now()
  }

  connecting(): void {
    this.#connectStart = performance.now()
  }

  connectEnded(): void {
    if (this.#connectStart !== undefined) this.connectMs += performance.now() - this.#connectStart
    this.#connectStart = undefined
  }

  finish(
    who: Pick<AccessRecord, 'id' | 'listener' | 'client' | 'router'>,
    bytes: { up: number; down: number },
    reason: CloseReason,
  ): AccessRecord {
    const now = performance.now()
    this.connectEnded()
    const preread = (this.#prereadEnd ?? now) - this.#started - this.decisionMs
    return {
      ...who,
      version: this.version,
      bundle: this.bundle,
      decision: this.decision,
      failure: this.failure,
      limit: this.limit,
      questions: this.questions,
      lookups: this.lookups,
      prereadBytes: this.prereadBytes,
      upstream: this.upstream,
      address: this.address,
      attempts: this.attempts,
      prereadMs: rounded(Math.max(0, preread)),
      decisionMs: rounded(this.decisionMs),
      connectMs: rounded(this.connectMs),
      durationMs: rounded(now - this.#started),
      bytesUp: bytes.up,
      bytesDown: bytes.down,
      reason,
    }
  }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000
}

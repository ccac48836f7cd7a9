import type { LimitName, TenantUsage } from '../tenants/usage.ts'
import { after, type Deadline } from '../transport/deadlines.ts'

/** The limits behind failures of a router. That too many decisions are in flight, or a host was killed for one, is told by the sandbox. */
const BITES: Readonly<Record<string, LimitName>> = { timeout: 'decisionTime', memory: 'isolateMemory' }

/** Bytes a second: of this rate, what may be passed on unseen in one turn (1 MiB at most) is a sixteenth of a second's. */
const PIECES_BELOW = 16_777_216

/** One connection's place among those of its tenant: from the choice of its router to its end. */
export class Place {
  readonly #usage: TenantUsage
  readonly #address: string
  #entered = false
  #turn: Deadline | undefined

  /** `address` is the client's. */
  constructor(usage: TenantUsage, address: string) {
    this.#usage = usage
    this.#address = address
  }

  get limits(): TenantUsage['limits'] {
    return this.#usage.limits
  }

  /** It waits for its turn: its tenant has had its share of connections for now. */
  get waiting(): boolean {
    return this.#turn !== undefined
  }

  /** Calls `go` when its turn has come, now or later. The answer is the limit that refuses it. */
  enter(go: () => void): LimitName | undefined {
    const admission = this.#usage.enter(this.#address)
    if (admission.kind === 'refused') return admission.limit
    this.#entered = true
    if (admission.kind === 'admitted') go()
    else
      this.#turn = after(admission.milliseconds, () => {
        this.#turn = undefined
        go()
      })
    return undefined
  }

  /** A question was answered; `failure` when it was not. */
  decided(failure: string | undefined): void {
    this.#usage.decided(failure !== undefined)
    // that no host could be had is nobody's fault
    if (failure !== undefined && failure !== 'unavailable') this.#usage.failed()
    const limit = failure === undefined ? undefined : BITES[failure]
    if (limit !== undefined) this.#usage.bite(limit)
  }

  /** A limit was reached that ends nothing by itself. */
  reached(limit: LimitName): void {
    this.#usage.bite(limit)
  }

  get inPieces(): boolean {
    const { relayBytesPerSecond: rate } = this.#usage.limits
    return rate > 0 && rate < PIECES_BELOW
  }

  /** Milliseconds for which no more should be read, now that so many bytes were. */
  relayed(bytes: number): number {
    return this.#usage.relayed(bytes)
  }

  leave(bytes: { readonly up: number; readonly down: number }): void {
    this.#turn?.cancel()
    this.#turn = undefined
    if (this.#entered) this.#usage.leave(this.#address, bytes)
    this.#entered = false
  }
}

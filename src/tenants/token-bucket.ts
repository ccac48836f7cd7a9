import { performance } from 'node:perf_hooks'

/**
 * Tokens that come back at a steady rate, up to a burst. More may be taken than there are: the debt is then waited for, so that
 * what is taken is right over time however large the pieces are.
 */
export class TokenBucket {
  #perSecond: number
  #burst: number
  #tokens: number
  #at: number
  readonly #now: () => number

  /** `perSecond` 0 is no limit. `now` in milliseconds, monotonic. */
  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#now = now
    this.#at = now()
  }

  /** A debt stays, a saving is cut to the new burst. */
  configure(perSecond: number, burst: number): void {
    this.#refill()
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = Math.min(this.#tokens, burst)
  }

  /** Takes `count`, whether they are there or not. The answer is the milliseconds until the debt is paid, 0 when there is none. */
  take(count: number): number {
    if (this.#perSecond === 0) return 0
    this.#refill()
    this.#tokens -= count
    return this.#debt(this.#tokens)
  }

  /** What `take` would answer. */
  wait(count: number): number {
    if (this.#perSecond === 0) return 0
    this.#refill()
    return this.#debt(this.#tokens - count)
  }

  /** Nothing is owed and nothing spent: forgetting it changes nothing. */
  get full(): boolean {
    this.#refill()
    return this.#perSecond === 0 || this.#tokens >= this.#burst
  }

  #refill(): void {
    const now = this.#now()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#perSecond) / 1000)
    this.#at = now
  }

  #debt(tokens: number): number {
    return tokens >= 0 ? 0 : (-tokens * 1000) / this.#perSecond
  }
}

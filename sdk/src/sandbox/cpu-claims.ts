/**
 * What a host says that it used may be too little by so much: threads that compile and collect garbage work beside the one
 * whose clock is read.
 */
const FACTOR = 2
/** CPU milliseconds in a second that need no explanation. */
const FREE = 250

/**
 * The CPU time of a host that was taken over, which could say of each answer that it cost nothing, and so give its tenants the
 * processor for ever: what the process used is held against what it said.
 */
export class CpuClaims {
  #used: number
  #at: number
  #explained = 0

  /** `used`: CPU milliseconds of the process until now; `now` is on the clock of `performance.now()`. */
  constructor(used: number, now: number) {
    this.#used = used
    this.#at = now
  }

  /** It said that something took so many CPU milliseconds; such a thing may take `beside` that nobody is charged for. */
  said(milliseconds: number, beside: number): void {
    this.#explained += FACTOR * milliseconds + beside
  }

  /**
   * To be called once a second or so: CPU milliseconds since the last time that nothing explains; 0 when they are few. It has
   * been busy with what it has not answered yet for `busyFor` milliseconds.
   */
  unexplained(used: number, busyFor: number, now: number): number {
    const free = FREE * Math.max(1, (now - this.#at) / 1000)
    const excess = used - this.#used - this.#explained - busyFor
    this.#used = used
    this.#at = now
    this.#explained = 0
    return excess > free ? excess : 0
  }
}

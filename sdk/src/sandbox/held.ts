import type { SandboxVersion } from './sandbox.ts'

/** Expected of a version that was never asked: such questions are sent one by one. */
const UNKNOWN = 2
/** What is left of an expectation after each question that took less. */
const FADING = 0.9

/** A version that the sandbox was given, and what has been seen of it. Which hosts have it loaded is theirs to know. */
export class Held {
  readonly version: SandboxVersion
  /** Questions that are asked and not answered. */
  asked = 0
  unloading = false
  /** Hosts that died by themselves while loading it. */
  lostLoading = 0
  /** When the hosts that had struck it were told to load it again. */
  reloaded = 0
  /** When it was given, on the clock of `performance.now()`, as all times here. */
  readonly givenAt: number = performance.now()
  /** When it was last asked, or the version that it is to replace. */
  askedAt: number = Number.NEGATIVE_INFINITY
  /** Loading it takes more than a decision may: no host loads it on which others wait. */
  slowToLoad = false
  #expected = UNKNOWN

  constructor(version: SandboxVersion) {
    this.version = version
  }

  /** When there last was something to do with it. */
  get usedAt(): number {
    return Math.max(this.givenAt, this.askedAt)
  }

  /** CPU milliseconds that its next question may well take: near the most that it took of late, since sent is sent. */
  get expected(): number {
    return this.#expected
  }

  /** One of its questions took so many CPU milliseconds. */
  took(milliseconds: number): void {
    this.#expected = Math.max(milliseconds, this.#expected * FADING + milliseconds * (1 - FADING))
  }
}

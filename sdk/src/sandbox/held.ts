import { performance } from 'node:perf_hooks'
import { ParsedAnswers } from './parsed-answers.ts'
import type { SandboxVersion } from './sandbox.ts'

/** Expected of a version that was never asked: such questions are sent one by one. */
const UNKNOWN = 2
/** Answers after which a version is no longer new, and if none of them was quick. */
const PROVEN = 3
const PROVEN_SLOW = 6
/**
 * Milliseconds: one that replaces a version that lived no longer has to live so long before others have to wait while it is
 * loaded. Otherwise whoever saves all the time would have them wait all the time.
 */
const HURRY = 5000
/** From a mean of the first it is asked apart, until that has fallen below the second: nobody waits behind such decisions. */
const LONG = { from: 6, until: 2 } as const
/** The share of a mean that the newest question has. */
const NEWEST = 0.25
/** What is left of an expectation after each question that took less. */
const FADING = 0.9

/** A version that the sandbox was given, and what has been seen of it. Which hosts have it loaded is theirs to know. */
export class Held {
  readonly version: SandboxVersion
  readonly parsed = new ParsedAnswers()
  /** Questions that are asked and not answered. */
  asked = 0
  /** Questions about connections that were answered. */
  answers = 0
  unloading = false
  /** Hosts that died by themselves while loading it. */
  lostLoading = 0
  /** When it was given, on the clock of `performance.now()`, as all times here. */
  readonly givenAt: number = performance.now()
  /** When it was last asked, or the version that it is to replace. */
  askedAt: number = Number.NEGATIVE_INFINITY
  /** Loading it takes more than a decision may: no host loads it on which others wait. */
  slowToLoad = false
  #hurried = false
  #expected = UNKNOWN
  /** One outlier, such as a collection of garbage, hardly moves it. */
  #mean = 0
  #long = false
  /** CPU milliseconds of the quickest of its first decisions. */
  #quickest = Number.POSITIVE_INFINITY

  constructor(version: SandboxVersion) {
    this.version = version
  }

  /** It replaces `other`, and is taken to be like it until it shows otherwise. */
  follow(other: Held): void {
    this.askedAt = Math.max(this.askedAt, other.askedAt)
    this.#hurried = this.givenAt - other.givenAt < HURRY
    this.#expected = other.#expected
    this.#mean = other.#mean
    this.#long = other.#long
  }

  /** When there last was something to do with it. */
  get usedAt(): number {
    return Math.max(this.givenAt, this.askedAt)
  }

  /** CPU milliseconds that its next question may well take: near the most that it took of late, since sent is sent. */
  get expected(): number {
    return this.#expected
  }

  /** CPU milliseconds that its next question is likely to take: what it takes on the whole, if that is known. */
  get likely(): number {
    return this.#mean === 0 ? this.#expected : this.#mean
  }

  /** It has hardly been asked about a connection yet: nobody knows what its questions do to a host. */
  get isNew(): boolean {
    return this.#isUnproven || this.#isDoubtful || this.isHurried
  }

  /** It may not live long, like the one before it. */
  get isHurried(): boolean {
    return this.#hurried && performance.now() - this.givenAt < HURRY
  }

  get #isUnproven(): boolean {
    return this.answers < PROVEN
  }

  /** It may be slow for good: neighbours should not be those who find out. */
  get #isDoubtful(): boolean {
    return this.answers < PROVEN_SLOW && this.#quickest > LONG.from
  }

  /** Its decisions are slow, within what they may take: neighbours' questions should not stand behind them. */
  get takesLong(): boolean {
    return this.#long
  }

  /** One of its questions took so many CPU milliseconds. */
  took(milliseconds: number): void {
    this.#expected = Math.max(milliseconds, this.#expected * FADING + milliseconds * (1 - FADING))
    if (this.#isUnproven) {
      // The first decisions of code that never ran before say little about the others.
      this.#quickest = Math.min(this.#quickest, milliseconds)
      return
    }
    this.#mean += (milliseconds - this.#mean) * NEWEST
    this.#long = this.#mean > (this.#long ? LONG.until : LONG.from)
  }
}

import { performance } from 'node:perf_hooks'
import type { SystemCalls } from '../system-calls.ts'
import type { Arena } from './arena.ts'

/** Times in a row that one connection, and no other, must have moved bytes before. */
const LATELY = 16
/** Nanoseconds. The kernel adds up to 50 µs of its own (`timerslack_ns` in proc(5)): some 60 µs in all. */
const NAP = 10_000
/** Milliseconds that a nap may take: of longer ones, where clocks are coarse or processors short, there is soon enough of one in 17. */
const LATE = 0.5
const AWAKE = 16

/**
 * A moment's sleep while a connection flows within this machine and nobody else has anything to do. Whoever sends to us would wake
 * us for each few pieces, which costs him more than sending them: a nap instead, and a hundred kilobytes are there at no cost of his.
 * Of bulk on two processors a gigabyte costs us a tenth less, and comes a twentieth sooner. Who comes meanwhile waits for the rest of
 * one nap, and ends them.
 */
export class Naps {
  readonly #calls: SystemCalls
  readonly #arena: Arena
  /** The descriptor of who flows; -1 when who moved bytes last does not. */
  #mover = -1
  #moves = 0
  #due = false
  /** On the clock of `performance.now()`. */
  #awakeUntil = 0

  constructor(calls: SystemCalls, arena: Arena) {
    this.#calls = calls
    this.#arena = arena
  }

  /** One moved bytes; `flows`: it moves much within this machine. */
  moved(descriptor: number, flows: boolean): void {
    if (descriptor !== this.#mover) this.#moves = 0
    this.#mover = flows ? descriptor : -1
    this.#due = flows && ++this.#moves > LATELY
  }

  /** To be called when nothing is left to do. Whether it slept, so that there may be something again. */
  take(): boolean {
    if (!this.#due) return false
    this.#due = false
    const now = performance.now()
    if (now < this.#awakeUntil) return false
    this.#arena.setTime(NAP)
    this.#calls.nanosleep(this.#arena.time, 0n)
    const slept = performance.now() - now
    if (slept > LATE) this.#awakeUntil = now + AWAKE * slept
    return true
  }
}

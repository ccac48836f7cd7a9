import type { FirstDecisions as Count, FirstFailure } from '../supervisor/probation.ts'
import type { Outcome, Undecided } from './decide.ts'

/** Milliseconds from a decision to the report of it, which takes in those that are made meanwhile. */
const REPORT_AFTER = 25

/** What a router is to blame for; a sandbox that is not there, or a look-up that fails, says nothing of its version. */
const COUNTED: ReadonlySet<Undecided['failure']> = new Set(['threw', 'timeout', 'memory', 'bad-answer', 'killed'])

interface Watched {
  readonly most: number
  decisions: number
  failed: number
  first: FirstFailure | undefined
  changed: boolean
}

/** Counts how the first decisions of versions end that are new in service. */
export class FirstDecisions {
  readonly #report: (counts: readonly Count[]) => void
  readonly #watched = new Map<number, Watched>()
  readonly #counted = new WeakSet<Undecided>()
  #timer: NodeJS.Timeout | undefined

  constructor(report: (counts: readonly Count[]) => void) {
    this.#report = report
  }

  /** Counts `most` decisions of a version. */
  watch(id: number, most: number): void {
    this.#watched.set(id, { most, decisions: 0, failed: 0, first: undefined, changed: false })
  }

  forget(id: number): void {
    this.#watched.delete(id)
  }

  /** A decision was made, or failed. */
  made(outcome: Outcome): void {
    const watched = outcome.version && this.#watched.get(outcome.version.id)
    if (watched === undefined) return
    if (outcome.kind === 'undecided' && !COUNTED.has(outcome.failure)) return
    watched.decisions += 1
    if (outcome.kind === 'undecided') this.#fail(watched, outcome)
    this.#changed(watched)
  }

  /** A decision failed: as it was made, which was counted, or because it is no answer to what was asked. */
  failed(undecided: Undecided): void {
    const watched = undecided.version && this.#watched.get(undecided.version.id)
    if (watched === undefined || this.#counted.has(undecided) || !COUNTED.has(undecided.failure)) return
    this.#fail(watched, undecided)
    this.#changed(watched)
  }

  #fail(watched: Watched, undecided: Undecided): void {
    const { failure, message, position } = undecided
    this.#counted.add(undecided)
    watched.failed += 1
    watched.first ??= { failure, message, position }
  }

  #changed(watched: Watched): void {
    watched.changed = true
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#send(), REPORT_AFTER).unref()
  }

  #send(): void {
    this.#timer = undefined
    const counts: Count[] = []
    for (const [id, watched] of this.#watched) {
      const { decisions, failed, first, most, changed } = watched
      if (changed) counts.push({ id, decisions, failed, first })
      watched.changed = false
      if (decisions >= most) this.#watched.delete(id)
    }
    if (counts.length > 0) this.#report(counts)
  }
}

import { performance } from 'node:perf_hooks'

const EVERY = 1000 // milliseconds
/** Keys from which on those with nothing left to say are forgotten. */
const MANY = 1024

interface Entry {
  /** When the present second began, and how often it was said since. */
  since: number
  said: number
  /** It happened so often since it was last said. */
  times: number
}

/** For what may happen thousands of times a second and is worth a line of the log: so many a second for each key. */
export class Seldom {
  readonly #entries = new Map<string, Entry>()
  readonly #most: number
  readonly #now: () => number

  /** `now` gives milliseconds of a clock that never goes back; `most` lines are said of a key in a second. */
  constructor(now: () => number = () => performance.now(), most = 1) {
    this.#now = now
    this.#most = most
  }

  /** It happened: how often since it was last said, if it is to be said now. */
  times(key: string): number | undefined {
    const now = this.#now()
    const entry = this.#entries.get(key) ?? this.#begin(key, now)
    entry.times += 1
    if (now - entry.since >= EVERY) {
      entry.since = now
      entry.said = 0
    }
    if (entry.said >= this.#most) return undefined
    const { times } = entry
    entry.said += 1
    entry.times = 0
    return times
  }

  #begin(key: string, now: number): Entry {
    if (this.#entries.size >= MANY)
      for (const [other, { since, times }] of this.#entries)
        if (times === 0 && now - since >= EVERY) this.#entries.delete(other)
    const entry: Entry = { since: now, said: 0, times: 0 }
    this.#entries.set(key, entry)
    return entry
  }
}

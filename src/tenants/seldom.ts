const EVERY = 1000 // milliseconds

/** For what may happen thousands of times a second and is worth a line of the log: at most one a second for each key. */
export class Seldom {
  readonly #entries = new Map<string, { said: number; times: number }>()
  readonly #now: () => number

  /** `now` gives milliseconds of a clock that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** It happened: how often since it was last said, if it is to be said now. */
  times(key: string): number | undefined {
    const entry = this.#entries.get(key) ?? { said: Number.NEGATIVE_INFINITY, times: 0 }
    this.#entries.set(key, entry)
    entry.times += 1
    const now = this.#now()
    if (now - entry.said < EVERY) return undefined
    const { times } = entry
    entry.said = now
    entry.times = 0
    return times
  }
}

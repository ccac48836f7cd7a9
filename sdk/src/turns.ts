/** How places are shared. */
export interface TurnsOptions {
  /** Pieces of work that run at once. */
  readonly atOnce: number
  /** Of one owner. Default: all. */
  readonly ofOne?: number
  /** Places that only owners get who had little of late. Default: none. */
  readonly kept?: number
  /** What those have together who had much of late. Default: all that is not kept. */
  readonly often?: Often
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** A bound on those who had much of late, so that what they do leaves the machine to others most of the time. */
export interface Often {
  /** Pieces of their work that run at once, of all of them. */
  readonly atOnce: number
  /** When one has ended none is begun for so many times as long as it took, but for `LONGEST_REST` at most. */
  readonly rest: number
  /** Who is bound by it. */
  readonly binds: (name: string) => boolean
}

/** What work is told that has its turn. */
export interface Place {
  /** When it was begun. */
  readonly since: number
  /** Its owner had much of late: it may take longer than that of others. */
  readonly often: boolean
  /** Its owner is bound by `TurnsOptions.often`, and had much. */
  readonly bound: boolean
}

interface Owner {
  readonly running: Set<Place>
  readonly waiting: ((place: Place) => void)[]
  /** Milliseconds of places that it had, those long ago counting less; as it was at `at`. */
  had: number
  at: number
}

/** Milliseconds after which half of what an owner had is forgotten. */
const HALF_LIFE = 10_000
/** Who has had no place for so long has had none. */
const FORGOTTEN = 120_000
/** Milliseconds: who had less than that of late had little. */
const LITTLE = 500
/** Milliseconds. */
const LONGEST_REST = 2000
/** What is left of a piece of work in the end makes no difference. */
const NOTHING = 1

/**
 * Shares a number of places between owners. A place that is free goes to the owner who had the least of late, and of those who
 * had nothing to the one who came first; of one owner to the work that came first. So whoever has much to do waits behind his own
 * work, and nobody who asks for one place now and then waits behind those who ask for many, however many they are.
 */
export class Turns {
  readonly #atOnce: number
  readonly #ofOne: number
  readonly #open: number
  readonly #often: Often | undefined
  readonly #now: () => number
  /** Those with work running or waiting. */
  readonly #busy = new Map<string, Owner>()
  /** Those without, the one who had work last comes last. */
  readonly #idle = new Map<string, Owner>()
  #running = 0
  /** Of those that are bound. */
  #boundRunning = 0
  #restUntil = 0
  #resting: NodeJS.Timeout | undefined

  constructor({ atOnce, ofOne = atOnce, kept = 0, often, now = () => performance.now() }: TurnsOptions) {
    this.#atOnce = atOnce
    this.#ofOne = ofOne
    this.#open = atOnce - kept
    this.#often = often
    this.#now = now
  }

  /** Whether nothing runs or waits. */
  get idle(): boolean {
    return this.#busy.size === 0
  }

  /** Does `work` when it is its owner's turn, and gives what it gives. */
  async take<T>(name: string, work: (place: Place) => Promise<T>): Promise<T> {
    const owner = this.#owner(name)
    const { promise, resolve } = Promise.withResolvers<Place>()
    owner.waiting.push(resolve)
    this.#next()
    const place = await promise
    try {
      return await work(place)
    } finally {
      this.#end(name, owner, place)
    }
  }

  #owner(name: string): Owner {
    const known = this.#busy.get(name) ?? this.#idle.get(name)
    const owner = known ?? { running: new Set(), waiting: [], had: 0, at: this.#now() }
    this.#idle.delete(name)
    this.#busy.set(name, owner)
    return owner
  }

  #end(name: string, owner: Owner, place: Place): void {
    const now = this.#now()
    fade(owner, now)
    owner.had += now - place.since
    owner.running.delete(place)
    this.#running--
    if (place.bound) this.#rest(now, now - place.since)
    if (owner.running.size === 0 && owner.waiting.length === 0) {
      this.#busy.delete(name)
      this.#idle.set(name, owner)
    }
    for (const [other, { at }] of this.#idle) {
      if (now - at < FORGOTTEN) break
      this.#idle.delete(other)
    }
    this.#next()
  }

  #next(): void {
    while (this.#running < this.#atOnce) {
      const found = this.#least()
      const start = found?.owner.waiting.shift()
      if (found === undefined || start === undefined) return
      const often = found.had >= LITTLE
      const place = { since: this.#now(), often, bound: often && this.#binds(found.name) }
      this.#running++
      if (place.bound) this.#boundRunning++
      found.owner.running.add(place)
      // To the end of the line.
      this.#busy.delete(found.name)
      this.#busy.set(found.name, found.owner)
      start(place)
    }
  }

  #binds(name: string): boolean {
    return this.#often?.binds(name) === true
  }

  /** Whether one who is bound may begin now. If not, those who wait are looked at again when one may. */
  #mayBegin(now: number): boolean {
    if (this.#boundRunning >= (this.#often?.atOnce ?? Number.POSITIVE_INFINITY)) return false
    if (now >= this.#restUntil) return true
    if (this.#resting === undefined)
      this.#resting = setTimeout(() => {
        this.#resting = undefined
        this.#next()
      }, this.#restUntil - now)
    return false
  }

  #rest(now: number, took: number): void {
    this.#boundRunning--
    this.#restUntil = Math.max(this.#restUntil, now + Math.min(LONGEST_REST, (this.#often?.rest ?? 0) * took))
  }

  /** Of those who may have one more place the one who had least. */
  #least(): { name: string; owner: Owner; had: number } | undefined {
    const now = this.#now()
    const most = this.#running < this.#open ? Number.POSITIVE_INFINITY : LITTLE
    let best: { name: string; owner: Owner; had: number } | undefined
    for (const [name, owner] of this.#busy) {
      if (owner.waiting.length === 0 || owner.running.size >= this.#ofOne) continue
      const had = hasHad(owner, now)
      if (had >= most || had >= (best?.had ?? Number.POSITIVE_INFINITY)) continue
      if (had >= LITTLE && this.#binds(name) && !this.#mayBegin(now)) continue
      best = { name, owner, had }
      if (had === 0) break
    }
    return best
  }
}

/** What an owner had until now, with what it has. */
function hasHad(owner: Owner, now: number): number {
  fade(owner, now)
  let had = owner.had
  for (const { since } of owner.running) had += now - since
  return had < NOTHING ? 0 : had
}

function fade(owner: Owner, now: number): void {
  if (owner.had > 0) owner.had *= 0.5 ** ((now - owner.at) / HALF_LIFE)
  owner.at = now
}

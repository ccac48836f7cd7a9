import { performance } from 'node:perf_hooks'

/** Something that will be done at a moment, unless it is cancelled before. */
export interface Deadline {
  /** Nothing will be done; nothing happens when it has been done, or cancelled, already. */
  cancel(): void
}

/** What tells the time, and wakes; that of Node, but for tests. */
export interface Clock {
  /** Milliseconds since any moment. */
  now(): number
  /** Calls `wake` once after so many milliseconds, instead of what was asked for before. */
  wakeAfter(milliseconds: number, wake: () => void): void
  /** Whether waiting keeps the process alive. */
  keepAlive(keeps: boolean): void
}

/** Milliseconds of one step: no deadline comes early, and none more than a step late by our doing. */
const STEP = 4
/** Each level has so many slots, and a slot of it is as long as all of the level below. */
const BITS = 8
const SLOTS = 1 << BITS
const LEVELS = 3
/** Steps of one slot of each level. */
const LENGTHS = [1, SLOTS, SLOTS * SLOTS] as const
/** The longest time in steps, about 18 hours; what is longer is waited for by as many of these as it needs. */
const LONGEST = SLOTS ** LEVELS - 1

/**
 * Deadlines of connections: most are cancelled soon after they were set, so that setting and cancelling are what must cost
 * nothing. Each is a link in the ring of its slot; one timer of Node's wakes when the next slot that is not empty is due.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #origin: number
  readonly #rings: readonly Link[]
  /** Everything due up to this step has been done. */
  #step = 0
  #wakesAt = Number.POSITIVE_INFINITY
  #counting = false
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#origin = clock.now()
    this.#rings = Array.from({ length: LEVELS * SLOTS }, () => new Link())
  }

  /** Calls `due` after so many milliseconds, never before this returns. */
  after(milliseconds: number, due: () => void): Deadline {
    const at = Math.ceil((this.#clock.now() - this.#origin + milliseconds) / STEP)
    const entry = new Entry(this, at, due)
    // While nothing was waited for, nobody counted the steps. While they are being counted they must not be passed over: what the last
    // one due sets might come to lie in the slot that is being emptied, and be put there again and again.
    if (this.#count === 0 && !this.#counting) this.#step = Math.max(this.#step, this.#now)
    this.#place(entry)
    this.count(1)
    if (this.#nextLook(entry.at) < this.#wakesAt) this.#wakeAt(this.#nextLook(entry.at))
    return entry
  }

  /** Deadlines that came, or went. */
  count(change: number): void {
    const before = this.#count
    this.#count += change
    if (before === 0 || this.#count === 0) this.#clock.keepAlive(this.#count > 0)
  }

  get #now(): number {
    return Math.floor((this.#clock.now() - this.#origin) / STEP)
  }

  #place(entry: Entry): void {
    const at = Math.min(Math.max(entry.at, this.#step + 1), this.#step + LONGEST)
    const ahead = at - this.#step
    const level = ahead < LENGTHS[1] ? 0 : ahead < LENGTHS[2] ? 1 : 2
    entry.join(this.#ring(level, Math.floor(at / LENGTHS[level])))
  }

  #ring(level: number, slot: number): Link {
    const ring = this.#rings[level * SLOTS + (slot % SLOTS)]
    if (ring === undefined) throw new RangeError(`the wheel has no level ${level}`)
    return ring
  }

  /** The step of what is due at `at`, or an earlier one at which its slot has to be opened. */
  #nextLook(at: number): number {
    const step = Math.max(at, this.#step + 1)
    return step - this.#step < SLOTS ? step : Math.floor(step / SLOTS) * SLOTS
  }

  #wakeAt(step: number): void {
    this.#wakesAt = step
    const milliseconds = step * STEP + this.#origin - this.#clock.now()
    this.#clock.wakeAfter(Math.max(1, Math.ceil(milliseconds)), this.#wake)
  }

  readonly #wake = (): void => {
    const now = this.#now
    this.#wakesAt = Number.POSITIVE_INFINITY
    this.#counting = true
    while (this.#step < now && this.#count > 0) this.#advance()
    this.#counting = false
    if (this.#count > 0) this.#wakeAt(this.#nextFilled())
  }

  #advance(): void {
    this.#step += 1
    const step = this.#step
    if (step % SLOTS === 0) {
      if (step % LENGTHS[2] === 0) this.#open(this.#ring(2, step / LENGTHS[2]))
      this.#open(this.#ring(1, step / SLOTS))
    }
    const ring = this.#ring(0, step)
    for (let link = ring.next; link !== ring; link = ring.next) this.#expire(link)
  }

  /** Its deadlines are near enough now for a level below. */
  #open(ring: Link): void {
    for (let link = ring.next; link !== ring; link = ring.next) {
      link.part()
      if (!(link instanceof Entry)) continue
      if (link.at <= this.#step) link.join(this.#ring(0, this.#step))
      else this.#place(link)
    }
  }

  #expire(link: Link): void {
    link.part()
    if (!(link instanceof Entry)) return
    if (link.at > this.#step) return this.#place(link)
    this.count(-1)
    try {
      link.take()?.()
    } catch (error) {
      // what goes wrong for one must not cost the others their deadlines
      process.nextTick(() => {
        throw error
      })
    }
  }

  /** The next step at which something has to be done. */
  #nextFilled(): number {
    for (let step = this.#step + 1; step < this.#step + SLOTS; step++) {
      if (step % SLOTS === 0 && this.#opensAt(step)) return step
      if (!this.#ring(0, step).alone) return step
    }
    const boundary = Math.floor(this.#step / SLOTS) * SLOTS
    for (let slot = 1; slot <= SLOTS; slot++) if (this.#opensAt(boundary + slot * SLOTS)) return boundary + slot * SLOTS
    return boundary + LENGTHS[2]
  }

  #opensAt(step: number): boolean {
    return !this.#ring(1, step / SLOTS).alone || (step % LENGTHS[2] === 0 && !this.#ring(2, step / LENGTHS[2]).alone)
  }
}

/** A ring is a link that has joined none; it is alone when it is empty. */
class Link {
  next: Link = this
  previous: Link = this

  get alone(): boolean {
    return this.next === this
  }

  join(ring: Link): void {
    this.previous = ring.previous
    this.next = ring
    ring.previous.next = this
    ring.previous = this
  }

  part(): void {
    this.previous.next = this.next
    this.next.previous = this.previous
    this.next = this
    this.previous = this
  }
}

class Entry extends Link implements Deadline {
  readonly at: number
  readonly #wheel: TimerWheel
  #due: (() => void) | undefined

  constructor(wheel: TimerWheel, at: number, due: () => void) {
    super()
    this.#wheel = wheel
    this.at = at
    this.#due = due
  }

  cancel(): void {
    if (this.take() === undefined) return
    this.part()
    this.#wheel.count(-1)
  }

  /** What is to be done, once. */
  take(): (() => void) | undefined {
    const due = this.#due
    this.#due = undefined
    return due
  }
}

class NodeClock implements Clock {
  #timer: NodeJS.Timeout | undefined
  #keeps = false

  now(): number {
    return performance.now()
  }

  wakeAfter(milliseconds: number, wake: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(wake, Math.min(milliseconds, 2 ** 31 - 1))
    if (!this.#keeps) this.#timer.unref()
  }

  keepAlive(keeps: boolean): void {
    this.#keeps = keeps
    if (keeps) this.#timer?.ref()
    else this.#timer?.unref()
  }
}

const wheel = new TimerWheel(new NodeClock())

/** Calls `due` after so many milliseconds, a few late at most, and never before this returns. Keeps the process alive. */
export function after(milliseconds: number, due: () => void): Deadline {
  return wheel.after(milliseconds, due)
}

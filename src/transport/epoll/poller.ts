import { performance } from 'node:perf_hooks'
import type { System, SystemCalls } from '../system-calls.ts'
import { Arena, EVENTS } from './arena.ts'
import { Ducts } from './ducts.ts'
import { EINTR, EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD } from './linux.ts'
import { Loopback } from './loopback.ts'
import { Naps } from './naps.ts'
import { Queue } from './queue.ts'
import { systemError } from './system-error.ts'

/** What owns a descriptor. */
export interface Watched {
  /** Something changed: `events` is a mask of `EPOLL…`. */
  ready(events: number): void
}

/** What has something left to do. */
export interface Unfinished {
  goOn(): void
}

/**
 * Bytes that are moved in a turn, about, by those who move much: by as few of them as will do, since large pieces cost less.
 * Where others had something to do lately it is less, so that these are soon next: in this turn or in one of so many before.
 */
const ALONE = { share: 1_048_576, size: 1_048_576n }
const AMONG_OTHERS = { share: 262_144, size: 262_144n }
const LATELY = 16

/** Milliseconds of a turn in which events are dealt with; time is looked at after each few. What is left comes first in the next one. */
const EVENTS_A_TURN = 1
const LOOK_EVERY = 8
/** Milliseconds of a turn in which connections are accepted and heard for the first time. */
const NEWCOMERS_A_TURN = 0.5
/** Of these, for those who come last; one of them is heard in each turn, however many others there are. */
const LAST_A_TURN = 0.25

/**
 * The descriptors of a transport, watched by one epoll descriptor, which Node's own event loop watches in turn. What happened
 * is dealt with in a *turn*: an immediate of Node's, so that ticks, promises and uncaught errors are as everywhere else (a
 * callback out of `node:ffi` has none of these, and an error in it ends the process).
 */
export class Poller {
  readonly calls: SystemCalls
  readonly arena: Arena
  readonly ducts: Ducts
  readonly loopback: Loopback
  readonly #system: System
  readonly #epoll: number
  /** By descriptor. A descriptor's number is soon used again: its generation tells of which owner an event is. */
  readonly #watched: (Watched | undefined)[] = []
  readonly #generations: number[] = []
  #lastGeneration = 0
  #count = 0
  readonly #naps: Naps
  readonly #ready = new Queue<Unfinished>()
  readonly #last = new Queue<Unfinished>()
  readonly #bulk = new Queue<Unfinished>()
  readonly #newcomers = new Queue<Unfinished>()
  readonly #lastNewcomers = new Queue<Unfinished>()
  /** Bytes that those who move much may still move in this turn. */
  #room = 0
  #bulkShare = ALONE
  /** Turns of those who move much in a row, without anybody else. */
  #turnsAlone = 0
  /** Events that the kernel told last, and how many of them were dealt with. */
  #told = 0
  #dealt = 0
  #scheduled = false
  #inTurn = false

  constructor(system: System, calls: SystemCalls = system.calls) {
    this.#system = system
    this.calls = calls
    this.arena = new Arena((bytes) => system.addressOf(bytes))
    this.ducts = new Ducts(calls, this.arena)
    this.loopback = new Loopback(calls, this.arena)
    this.#naps = new Naps(calls, this.arena)
    if (system.loop.handleSize > this.arena.handleRoom) throw new Error('uv_poll_t is larger than expected')
    this.#epoll = calls.epollCreate(EPOLL_CLOEXEC)
    if (this.#epoll < 0) throw systemError('epoll_create1', -this.#epoll)
    const failed = system.loop.watch(this.arena.handle, this.#epoll, () => this.#schedule())
    if (failed < 0) throw systemError('uv_poll_start', -failed)
    system.loop.keepAlive(this.arena.handle, false)
  }

  /** Bytes from which on one that moves much leaves this turn to others. */
  get share(): number {
    return this.#bulkShare.share
  }

  /** The same, as calls take it. */
  get shareSize(): bigint {
    return this.#bulkShare.size
  }

  /** Calls `watched` for these events until the descriptor is closed; the answer is 0 or `-errno`. */
  watch(descriptor: number, watched: Watched, events: number): number {
    this.#lastGeneration = (this.#lastGeneration + 1) | 0
    this.#generations[descriptor] = this.#lastGeneration
    const failed = this.#control(EPOLL_CTL_ADD, descriptor, events)
    if (failed < 0) return failed
    this.#watched[descriptor] = watched
    if (this.#count === 0) this.#system.loop.keepAlive(this.arena.handle, true)
    this.#count += 1
    return 0
  }

  /** Other events from now on; those of them that hold already are told. */
  rewatch(descriptor: number, events: number): number {
    return this.#control(EPOLL_CTL_MOD, descriptor, events)
  }

  /** Closes a descriptor that is watched. Its owner must forget it: the number may come back as another's. */
  close(descriptor: number): void {
    this.#watched[descriptor] = undefined
    this.#count -= 1
    if (this.#count === 0) this.#system.loop.keepAlive(this.arena.handle, false)
    // the kernel stops watching what is closed; EINTR has closed it as well
    this.calls.close(descriptor)
  }

  /** Which of the owners that the number has had is the present one; `undefined` when it has none. */
  generationOf(descriptor: number): number | undefined {
    return this.#watched[descriptor] === undefined ? undefined : this.#generations[descriptor]
  }

  /** In this turn when what came is dealt with, or in the next if that has begun. */
  soon(work: Unfinished): void {
    this.#ready.push(work)
    if (!this.#inTurn) this.#schedule()
  }

  /** When all others had their turn, in this one or a later: for who moves much at a time. */
  afterOthers(work: Unfinished): void {
    this.#bulk.push(work)
    if (!this.#inTurn) this.#schedule()
  }

  /**
   * When all who move little had their turn, in this one or a later: for accepting, and for who has said nothing yet. Who is under
   * way needs several turns, and would wait in each of them for all of a crowd at the door. `last`: and after all other newcomers.
   */
  newcomer(work: Unfinished, last = false): void {
    if (last) this.#lastNewcomers.push(work)
    else this.#newcomers.push(work)
    if (!this.#inTurn) this.#schedule()
  }

  /** So many bytes were moved; `much`: by one that moves much; `flows`: and does so within this machine. */
  moved(descriptor: number, bytes: number, much: boolean, flows: boolean): void {
    this.#room -= bytes
    if (!much) this.#turnsAlone = 0
    this.#naps.moved(descriptor, flows)
  }

  /** At the end of the turn; never before this returns. */
  last(work: Unfinished): void {
    this.#last.push(work)
    if (!this.#inTurn) this.#schedule()
  }

  #control(operation: number, descriptor: number, events: number): number {
    this.arena.setEvent(events, descriptor, this.#generations[descriptor] ?? 0)
    return this.calls.epollControl(this.#epoll, operation, descriptor, this.arena.event)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    this.#inTurn = true
    const count = this.#dealt < this.#told ? this.#told - this.#dealt : this.#listen()
    this.#dealWithEvents()
    this.#work()
    this.#inTurn = false
    // what had its share of this turn goes on in the next one, after everything else of the process
    const more = this.#left > 0 || count === -EINTR || this.#dealt < this.#told
    if (more || this.#naps.take()) this.#schedule()
  }

  /** What was put off. */
  get #left(): number {
    return this.#ready.length + this.#bulk.length + this.#newcomers.length + this.#lastNewcomers.length
  }

  /** How many events the kernel has; `-EINTR` when it is to be asked again. */
  #listen(): number {
    const count = this.calls.epollWait(this.#epoll, this.arena.events, EVENTS, 0)
    if (count < 0 && count !== -EINTR) throw systemError('epoll_wait', -count)
    this.#told = Math.max(0, count)
    this.#dealt = 0
    return count
  }

  #dealWithEvents(): void {
    // most turns have an event or two, and the time would be looked at for nothing
    const end = this.#told - this.#dealt < LOOK_EVERY ? Number.POSITIVE_INFINITY : performance.now() + EVENTS_A_TURN
    while (this.#dealt < this.#told) {
      this.#dispatch(this.#dealt++)
      if (this.#dealt % LOOK_EVERY === 0 && end < performance.now()) return
    }
  }

  #meetNewcomers(): void {
    if (this.#newcomers.length + this.#lastNewcomers.length === 0) return
    const now = performance.now()
    goOnUntil(now + NEWCOMERS_A_TURN, this.#newcomers)
    goOnUntil(now + LAST_A_TURN, this.#lastNewcomers)
  }

  #moveMuch(): void {
    if (this.#bulk.length === 0) return
    this.#bulkShare = this.#turnsAlone++ < LATELY ? AMONG_OTHERS : ALONE
    this.#room = this.share
    for (let count = this.#bulk.length; count > 0 && this.#room > 0; count--) runNext(this.#bulk)
  }

  #dispatch(index: number): void {
    const { arena } = this
    const descriptor = arena.eventDescriptor(index)
    if (this.#generations[descriptor] !== arena.eventGeneration(index)) return
    const watched = this.#watched[descriptor]
    if (watched === undefined) return
    try {
      watched.ready(arena.eventMask(index))
    } catch (error) {
      rethrow(error)
    }
  }

  #work(): void {
    // what these bring about is for the next turn
    for (let count = this.#ready.length; count > 0; count--) runNext(this.#ready)
    this.#meetNewcomers()
    this.#moveMuch()
    // each may bring about others, which are at their end too
    while (this.#last.length > 0) runNext(this.#last)
  }
}

/** One of them at least, as long as there are any. */
function goOnUntil(end: number, works: Queue<Unfinished>): void {
  while (works.length > 0) {
    runNext(works)
    if (performance.now() > end) return
  }
}

function runNext(works: Queue<Unfinished>): void {
  try {
    works.shift()?.goOn()
  } catch (error) {
    rethrow(error)
  }
}

/** An error in what one connection's owner does must not cost the others their events, which are not told twice. */
function rethrow(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}

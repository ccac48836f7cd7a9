import { performance } from 'node:perf_hooks'

/** What a piece of work of another process may have. */
export interface ProcessorLimit {
  /** Milliseconds, which count while it has the processor: on a busy machine it takes longer. */
  readonly time: number
  /** It is given up after so many times of that, whatever it had of the processor. */
  readonly times: number
}

/** `late`: it had its time, or all that it may wait for it. `starved`: it did not get it, though it was waited for long. */
export type Overrun = 'late' | 'starved'

/** So many times longer a compiler is waited for that others come before. */
const PATIENCE = 5
/** Milliseconds that it may take in all, however short its time is: the clock of CPU time has steps of ten. */
const LEAST = 1000

let patient = false

/**
 * From now on this process and its compilers have what others leave of the processor. They are waited for longer, and that one did
 * not get its time is then an error, and no fault of the router.
 */
export function waitForProcessor(): void {
  patient = true
}

/** Watches what a process uses of the processor. */
export class ProcessorWatch {
  readonly #used: () => number
  readonly #limit: ProcessorLimit
  readonly #over: (why: Overrun) => void
  readonly #started = performance.now()
  #timer: NodeJS.Timeout
  #seen: number | undefined

  /** `used`: CPU milliseconds so far, infinite where the system does not say. `over` is called once, unless it ends before. */
  constructor(used: () => number, limit: ProcessorLimit, over: (why: Overrun) => void) {
    this.#used = used
    this.#limit = limit
    this.#over = over
    this.#timer = setTimeout(() => this.#look(), limit.time)
  }

  /** Milliseconds of its time that are over: those that passed, but where it is waited for those that it is known to have had. */
  end(): number {
    clearTimeout(this.#timer)
    return (patient ? this.#seen : undefined) ?? performance.now() - this.#started
  }

  #look(): void {
    const { time } = this.#limit
    const passed = performance.now() - this.#started
    this.#seen = Math.min(this.#used(), passed)
    if (this.#seen >= time) this.#over('late')
    else if (passed >= most(this.#limit)) this.#over(patient ? 'starved' : 'late')
    else this.#timer = setTimeout(() => this.#look(), time / 4)
  }
}

/** A compiler did not get the processor: no router is to blame. */
export class Starved extends Error {
  constructor(what: string, limit: ProcessorLimit) {
    super(`the machine is too busy: in ${most(limit)} ms ${what} did not get the ${limit.time} ms that it may take`)
  }
}

function most({ time, times }: ProcessorLimit): number {
  return patient ? Math.max(LEAST, PATIENCE * times * time) : times * time
}

/** Milliseconds between two questions. */
const EVERY = 1000
/** Questions without an answer. A turn of a worker takes milliseconds, on a machine that is starved of processors a second. */
const MOST_UNANSWERED = 10

export interface LivenessOptions {
  /** Asks the process for a sign of life. */
  readonly ask: () => void
  /** Called once, with how long there was none, in milliseconds; nothing is asked any more. */
  readonly silent: (time: number) => void
  /** Milliseconds. Default: 1 second. */
  readonly every?: number | undefined
}

/**
 * Watches a process that answers as long as its event loop turns. Questions are counted and not time: when this process or the
 * whole machine was suspended, nobody was there to answer or to hear it.
 */
export class Liveness {
  readonly #timer: NodeJS.Timeout
  #unanswered = 0

  constructor({ ask, silent, every = EVERY }: LivenessOptions) {
    this.#timer = setInterval(() => {
      if (this.#unanswered < MOST_UNANSWERED) {
        this.#unanswered++
        return ask()
      }
      this.stop()
      silent(MOST_UNANSWERED * every)
    }, every)
  }

  answered(): void {
    this.#unanswered = 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

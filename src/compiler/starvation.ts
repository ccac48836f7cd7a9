/** Milliseconds between two looks. */
const EVERY = 1000
/** CPU milliseconds between two looks below which there was next to nothing: a twentieth of a processor. */
const SCARCE = 50
/** Looks in a row that found so little. */
const STARVED = 2
/** Looks until it is tried again whether it goes without relief. */
const RELIEF = 10

export interface StarvationOptions {
  /** CPU milliseconds that all that compiles has used so far; `undefined` where the system does not say. */
  readonly spent: () => number | undefined
  readonly changed: (starved: boolean) => void
}

/**
 * Whether there is something to compile and the machine lets none of it be done. Who is last in a queue that never ends would
 * wait for ever, and has to have a part of the processor. What was used decides and not what was waited for: those who keep the
 * compiler busy get no more of the processor by it.
 */
export class Starvation {
  readonly #options: StarvationOptions
  #compiling = 0
  #timer: NodeJS.Timeout | undefined
  #before = 0
  #scarce = 0
  #relief = 0

  constructor(options: StarvationOptions) {
    this.#options = options
  }

  /** A router is begun; what is given back is called when it is done. */
  begin(): () => void {
    if (this.#compiling++ === 0) {
      this.#before = this.#options.spent() ?? 0
      this.#timer = setInterval(() => this.#look(), EVERY)
    }
    return () => {
      if (--this.#compiling > 0) return
      clearInterval(this.#timer)
      this.#scarce = 0
      this.#endRelief()
    }
  }

  #look(): void {
    const spent = this.#options.spent()
    if (spent === undefined) return
    this.#scarce = spent - this.#before < SCARCE ? this.#scarce + 1 : 0
    this.#before = spent
    if (this.#relief > 0) {
      if (this.#relief > 1) this.#relief--
      else this.#endRelief()
    } else if (this.#scarce >= STARVED) {
      this.#relief = RELIEF
      this.#options.changed(true)
    }
  }

  #endRelief(): void {
    if (this.#relief === 0) return
    this.#relief = 0
    this.#scarce = 0
    this.#options.changed(false)
  }
}

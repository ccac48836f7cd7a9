/** Lets pieces of work run, so many at once and so many of each owner; the others wait. */
export interface TurnsOptions {
  readonly atOnce: number
  readonly ofOne: number
}

interface Owner {
  running: number
  readonly waiting: (() => void)[]
}

/**
 * Shares a number of places between owners: whoever has much to do waits behind his own work, not before that of others. A place
 * that is free goes to the owners in turn, and of one owner to the work that came first.
 */
export class Turns {
  readonly #options: TurnsOptions
  /** Those with work running or waiting; the one whose turn is next comes first. */
  readonly #owners = new Map<string, Owner>()
  #running = 0

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const owner = this.#owners.get(name) ?? { running: 0, waiting: [] }
    this.#owners.set(name, owner)
    const { promise, resolve } = Promise.withResolvers<void>()
    owner.waiting.push(resolve)
    this.#next()
    await promise
    try {
      return await work()
    } finally {
      this.#running--
      owner.running--
      if (owner.running === 0 && owner.waiting.length === 0) this.#owners.delete(name)
      this.#next()
    }
  }

  #next(): void {
    const { atOnce, ofOne } = this.#options
    for (const [name, owner] of this.#owners) {
      if (this.#running >= atOnce) return
      if (owner.running >= ofOne) continue
      const start = owner.waiting.shift()
      if (start === undefined) continue
      this.#running++
      owner.running++
      // To the end of the line.
      this.#owners.delete(name)
      this.#owners.set(name, owner)
      start()
    }
  }
}

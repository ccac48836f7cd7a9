const FIRST_ROOM = 16

/**
 * First in, first out, in a ring that keeps the room that it once needed. Not a bare array: taking its first element, or setting its
 * length, is a call into V8, for each of several queues in each turn.
 */
export class Queue<Item> {
  #ring: (Item | undefined)[] = new Array(FIRST_ROOM).fill(undefined)
  #first = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: Item): void {
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[(this.#first + this.#length) & (this.#ring.length - 1)] = item
    this.#length += 1
  }

  /** `undefined` when it is empty. */
  shift(): Item | undefined {
    const item = this.#ring[this.#first]
    if (this.#length === 0) return undefined
    this.#ring[this.#first] = undefined
    this.#first = (this.#first + 1) & (this.#ring.length - 1)
    this.#length -= 1
    return item
  }

  /** Its room is a power of two, so that places in it are found without dividing. */
  #grow(): void {
    const room = this.#ring.length
    const ring = new Array<Item | undefined>(2 * room).fill(undefined)
    for (let at = 0; at < room; at++) ring[at] = this.#ring[(this.#first + at) & (room - 1)]
    this.#ring = ring
    this.#first = 0
  }
}

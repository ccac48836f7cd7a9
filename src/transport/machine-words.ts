/** Integers above the row that are kept as well: flags and sizes that are asked for from the start. */
const OTHERS = 64

/**
 * Integers as machine words (`bigint`), kept since to make one costs more than the way into the kernel. The low ones stand in a row
 * without gaps, as far as it was needed: of an array with gaps V8 makes a table of hashes, and each look at it is a call.
 */
export class MachineWords {
  readonly #most: number
  readonly #row: bigint[] = []
  readonly #others = new Map<number, bigint>()

  /** `most`: the row's length at most; 32 bytes for each integer below the highest that was asked for. */
  constructor(most: number) {
    this.#most = most
  }

  /** `integer` must not be negative. */
  of(integer: number): bigint {
    return this.#row[integer] ?? this.#others.get(integer) ?? this.#make(integer)
  }

  #make(integer: number): bigint {
    const made = BigInt(integer)
    if (integer < this.#most) while (this.#row.length <= integer) this.#row.push(BigInt(this.#row.length))
    else if (this.#others.size < OTHERS) this.#others.set(integer, made)
    return made
  }
}

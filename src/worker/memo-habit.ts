/** Questions after which it is judged anew. */
const WINDOW = 256
/** Of these, so many that were found show that remembering is of use. */
const ENOUGH = 16
/** Hashes of what was asked once: a power of two, 4 KiB. */
const PLACES = 1024

/**
 * Whether questions about a version come again. Where they hardly do (what their clients send differs each time), an answer is kept
 * only from the second time on that its question is asked: to keep what is never found costs as much as to ask, and pushes
 * out what is.
 */
export class MemoHabit {
  #looks = 0
  #found = 0
  #once: Int32Array | undefined

  looked(found: boolean): void {
    if (found) this.#found += 1
    if (++this.#looks < WINDOW) return
    if (this.#found >= ENOUGH) this.#once = undefined
    else this.#once ??= new Int32Array(PLACES).fill(-1)
    this.#looks = 0
    this.#found = 0
  }

  /** Whether the answer to a question with this hash should be kept. */
  isWorth(hash: number): boolean {
    const once = this.#once
    if (once === undefined) return true
    const place = hash & (PLACES - 1)
    if (once[place] === hash) return true
    once[place] = hash
    return false
  }
}

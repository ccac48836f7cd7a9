/** A prime, so that no chunk size of any buffer on the way divides it: whatever is lost, doubled or swapped, shows. */
const PERIOD = 65_521
const MOST = 65_536
const PATTERN = pattern()

/** An endless sequence of bytes, another for each `seed`: written at one end of a connection and checked at the other. */
export class Sequence {
  /** Bytes so far. */
  length = 0
  readonly #start: number

  constructor(seed: number) {
    this.#start = (seed * 7919) % PERIOD
  }

  /** The next `count` bytes, at most 65,536. */
  take(count: number): Buffer {
    const at = (this.#start + this.length) % PERIOD
    this.length += count
    return PATTERN.subarray(at, at + count)
  }

  /** Whether `bytes` are what comes next; a sentence when they are not. */
  check(bytes: Uint8Array): string | undefined {
    for (let done = 0; done < bytes.length; done += MOST) {
      const piece = bytes.subarray(done, done + MOST)
      const at = this.length
      if (this.take(piece.length).compare(piece) !== 0) return `the ${piece.length} bytes after byte ${at} are others`
    }
    return undefined
  }
}

function pattern(): Buffer {
  const bytes = Buffer.alloc(PERIOD + MOST)
  let state = 0x2545f491
  for (let at = 0; at < PERIOD; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  // In one copy the tail's own tail would come from where nothing has been written yet: MOST is more than PERIOD.
  for (let at = PERIOD; at < bytes.length; at++) bytes[at] = bytes[at - PERIOD] ?? 0
  return bytes
}

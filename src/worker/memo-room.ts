import type { Decision } from 'router-sdk/decision'
import type { Facts } from 'router-sdk/sandbox'

/** A decision as it was made, with what it was made of that is no fact of the connection. */
export interface Remembered {
  readonly decision: Decision
  readonly lookups: Facts['lookups']
}

/** What an entry takes beside its characters, in bytes: map, objects, headers of strings. */
const ENTRY_BYTES = 320

interface Entry {
  readonly key: string
  readonly remembered: Remembered
  readonly bytes: number
}

/**
 * What is remembered for one tenant, in so many bytes. It has two generations, each of at most half of them: what is used goes into the
 * younger one, and when that is full it takes the place of the older one, which is let go. What was not used for long goes by that, and
 * a use costs one look into a map, where putting each entry at a map's end would leave a hole at its beginning. Each version has a shelf
 * of its own, since what it leaves behind nobody would find any more: it would stay until other answers have filled the room.
 */
export class MemoRoom {
  #allowed: number
  /** Those on which there is something. */
  readonly #shelves = new Set<MemoShelf>()
  #youngBytes = 0
  #oldBytes = 0

  /** `allowed`: bytes; 0 remembers nothing. */
  constructor(allowed: number) {
    this.#allowed = allowed
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  /** No generation may have more than half of it from now on. */
  set allowed(bytes: number) {
    this.#allowed = bytes
    if (Math.max(this.#youngBytes, this.#oldBytes) > bytes / 2) this.#turnOver()
    if (this.#oldBytes > bytes / 2) this.#turnOver()
  }

  get isOpen(): boolean {
    return this.#allowed > 0
  }

  /** Makes room for so many bytes on a shelf. The answer is whether they fit. */
  admit(shelf: MemoShelf, bytes: number): boolean {
    const most = this.#allowed / 2
    if (bytes > most) return false
    if (this.#youngBytes + bytes > most) this.#turnOver()
    this.#youngBytes += bytes
    this.#shelves.add(shelf)
    return true
  }

  /** There is nothing any more on a shelf, where so many bytes were. */
  cleared(shelf: MemoShelf, youngBytes: number, oldBytes: number): void {
    this.#youngBytes -= youngBytes
    this.#oldBytes -= oldBytes
    this.#shelves.delete(shelf)
  }

  #turnOver(): void {
    for (const shelf of this.#shelves) if (!shelf.turnOver()) this.#shelves.delete(shelf)
    this.#oldBytes = this.#youngBytes
    this.#youngBytes = 0
  }
}

/**
 * What is remembered of one version, in the room of its tenant. It is found by a hash of its key first. Of two keys with one hash,
 * which are rare, the one that came first is remembered.
 */
export class MemoShelf {
  readonly #room: MemoRoom
  #young = new Generation()
  #old = new Generation()
  #closed = false

  constructor(room: MemoRoom) {
    this.#room = room
  }

  /** Whether there is something with this hash. */
  has(hash: number): boolean {
    return this.#young.entries.has(hash) || this.#old.entries.has(hash)
  }

  get(hash: number, key: string): Remembered | undefined {
    const young = this.#young.entries.get(hash)
    if (young !== undefined) return young.key === key ? young.remembered : undefined
    const old = this.#old.entries.get(hash)
    if (old?.key !== key) return undefined
    this.#put(hash, old)
    return old.remembered
  }

  set(hash: number, key: string, remembered: Remembered): void {
    if (this.#closed || this.#young.entries.has(hash)) return
    this.#put(hash, { key, remembered, bytes: ENTRY_BYTES + 2 * (key.length + characters(remembered)) })
  }

  /** Forgets everything, and takes nothing in any more. */
  close(): void {
    this.#closed = true
    this.#room.cleared(this, this.#young.bytes, this.#old.bytes)
    this.#young = new Generation()
    this.#old = new Generation()
  }

  /** What is old goes, and what is young is old. The answer is whether there is something left. */
  turnOver(): boolean {
    this.#old = this.#young
    this.#young = new Generation()
    return this.#old.bytes > 0
  }

  #put(hash: number, entry: Entry): void {
    if (!this.#room.admit(this, entry.bytes)) return
    this.#young.entries.set(hash, entry)
    this.#young.bytes += entry.bytes
  }
}

class Generation {
  readonly entries = new Map<number, Entry>()
  bytes = 0
}

function characters({ decision, lookups }: Remembered): number {
  let sum = 0
  for (const [table, values] of Object.entries(lookups)) {
    sum += table.length
    for (const [key, value] of Object.entries(values)) sum += key.length + (value?.length ?? 0)
  }
  if (decision.kind === 'close') return sum + (decision.text?.length ?? 0)
  if (decision.kind === 'wait') return sum
  // The upstream is parsed out of the remote.
  return sum + 2 * decision.remote.length + (decision.data?.length ?? 0) + (decision.reply?.length ?? 0)
}

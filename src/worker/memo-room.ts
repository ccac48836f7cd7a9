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
  readonly remembered: Remembered
  readonly bytes: number
}

/**
 * What is remembered for one tenant, in so many bytes. It has two generations, each of at most half of them: what is used goes into the
 * younger one, and when that is full it takes the place of the older one, which is let go. What was not used for long goes by that, and
 * a use costs one look into a map, where putting each entry at a map's end would leave a hole at its beginning.
 */
export class MemoRoom {
  #allowed: number
  #young = new Generation()
  #old = new Generation()

  /** `allowed`: bytes; 0 remembers nothing. */
  constructor(allowed: number) {
    this.#allowed = allowed
  }

  get bytes(): number {
    return this.#young.bytes + this.#old.bytes
  }

  set allowed(bytes: number) {
    this.#allowed = bytes
    if (this.bytes > bytes) this.#old = new Generation()
    if (this.bytes > bytes) this.#young = new Generation()
  }

  get isOpen(): boolean {
    return this.#allowed > 0
  }

  get(key: string): Remembered | undefined {
    const young = this.#young.entries.get(key)
    if (young !== undefined) return young.remembered
    const old = this.#old.entries.get(key)
    if (old !== undefined) this.#add(key, old)
    return old?.remembered
  }

  set(key: string, remembered: Remembered): void {
    if (this.#young.entries.has(key)) return
    this.#add(key, { remembered, bytes: ENTRY_BYTES + 2 * (key.length + characters(remembered)) })
  }

  #add(key: string, entry: Entry): void {
    const most = this.#allowed / 2
    if (entry.bytes > most) return
    if (this.#young.bytes + entry.bytes > most) {
      this.#old = this.#young
      this.#young = new Generation()
    }
    this.#young.entries.set(key, entry)
    this.#young.bytes += entry.bytes
  }
}

class Generation {
  readonly entries = new Map<string, Entry>()
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

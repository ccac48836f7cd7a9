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

/** What is remembered for one tenant: so many bytes, of which those that were not used for longest make room. */
export class MemoRoom {
  /** The one not used for longest first. */
  readonly #entries = new Map<string, Entry>()
  #allowed: number
  #bytes = 0

  /** `allowed`: bytes; 0 remembers nothing. */
  constructor(allowed: number) {
    this.#allowed = allowed
  }

  get bytes(): number {
    return this.#bytes
  }

  set allowed(bytes: number) {
    this.#allowed = bytes
    this.#shrink()
  }

  get isOpen(): boolean {
    return this.#allowed > 0
  }

  get(key: string): Remembered | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.remembered
  }

  set(key: string, remembered: Remembered): void {
    const bytes = ENTRY_BYTES + 2 * (key.length + characters(remembered))
    if (bytes > this.#allowed) return
    this.#drop(key)
    this.#entries.set(key, { remembered, bytes })
    this.#bytes += bytes
    this.#shrink()
  }

  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#bytes <= this.#allowed) return
      this.#drop(key)
    }
  }

  #drop(key: string): void {
    const dropped = this.#entries.get(key)
    if (dropped === undefined) return
    this.#entries.delete(key)
    this.#bytes -= dropped.bytes
  }
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

/** What another parser says of the same bytes, and what is compared when both can read them. */
export interface Oracle {
  /** The parser that ours is compared with. */
  readonly name: string
  readonly fixtures: readonly Uint8Array[]
  readonly mutants: number
  /** How many mutants both must read, so that the comparison is one. */
  readonly bothRead: number
  compare(bytes: Uint8Array): Comparison | Promise<Comparison>
}

/**
 * `ours`: only our parser reads these bytes. `theirs`: only the other one. Either is a difference on purpose when it has a
 * `reason`, and a fault when not.
 */
export type Comparison =
  | { readonly kind: 'both'; readonly ours: unknown; readonly theirs: unknown }
  | { readonly kind: 'neither' }
  | { readonly kind: 'ours' | 'theirs'; readonly reason: string | undefined }

/** The first of `reasons` that holds. */
export function reasonOf(reasons: Readonly<Record<string, boolean>>): string | undefined {
  return Object.entries(reasons).find(([, holds]) => holds)?.[0]
}

/** One character a byte. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** Ours has one U+FFFD for each byte that is no UTF-8, Node's decoder sometimes one for several. */
export function oneMark(text: string): string {
  return text.replace(/\ufffd+/g, '\ufffd')
}

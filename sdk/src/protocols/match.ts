/**
 * What every parser here answers. It looks at all bytes read so far and says yes, no, or that it cannot know yet. Once it has
 * said yes or no, more bytes do not change that; whatever the bytes, it does not throw.
 *
 * @example
 * const tls = tlsClientHello(conn.bytes)
 * if (tls.match === 'need-more') return { noop: true, atLeast: tls.atLeast }
 * if (tls.match === 'no') return { close: true }
 * // here tls.serverName can be read
 */
export type Match<Found extends { readonly match: 'yes' }> = Found | NeedMore | NoMatch

/** The bytes so far could be the beginning of it. */
export interface NeedMore {
  readonly match: 'need-more'
  /** The number of bytes, in all, below which it cannot become a `'yes'`; always more than there are now. */
  readonly atLeast: number
}

/** These bytes are something else, or break the protocol's rules. */
export interface NoMatch {
  readonly match: 'no'
}

export const NO: NoMatch = { match: 'no' }

export function needMore(atLeast: number): NeedMore {
  return { match: 'need-more', atLeast }
}

/** Whether `bytes` from `at` and `expected` agree as far as both go. */
export function agrees(bytes: Uint8Array, at: number, expected: string): boolean {
  const end = Math.min(bytes.length - at, expected.length)
  for (let i = 0; i < end; i++) if (bytes[at + i] !== expected.charCodeAt(i)) return false
  return true
}

/** The position of `byte` at or after `from` and before `to`, or -1. */
export function find(bytes: Uint8Array, byte: number, from: number, to: number): number {
  const end = Math.min(to, bytes.length)
  for (let at = from; at < end; at++) if (bytes[at] === byte) return at
  return -1
}

/**
 * What a router may answer. The union is closed: an answer that mixes two of its arms, misspells a key or leaves one out
 * does not compile, and is refused again at run time by `parseAnswer` in `decision.ts`.
 */

declare const tableValue: unique symbol

/** A value read from a look-up table: a string that may also stand where a `Remote` is asked for, checked when it is used. */
export type TableValue = string & { readonly [tableValue]: true }

/**
 * Where a connection goes: `host:port` (a name, an IPv4 address, or an IPv6 address in brackets), `unix:/path`, or a value
 * from a look-up table. For a string that is put together elsewhere, see `remote()`.
 */
export type Remote = `${string}:${number}` | `[${string}]:${number}` | `unix:/${string}` | TableValue

/**
 * Bytes to send. In a string each character is one byte (U+0000 to U+00FF), as in `conn.text`; a character above U+00FF is
 * refused: write `utf8('…')` for text. At most 65,536 bytes.
 */
export type Payload = string | Uint8Array

/** Connect to `remote`, replay what was read, and relay both ways. */
export interface ForwardAnswer {
  /** Where to. A name is resolved when the connection is made, not when the answer is given. */
  remote: Remote
  /** Sent to the upstream instead of what was read so far; `''` sends nothing. */
  data?: Payload
  /** Sent to the client. */
  reply?: Payload
  /** When `reply` is sent: at once, or when the upstream has accepted the connection. Default `'decided'`. */
  replyWhen?: 'decided' | 'connected'
  /** Milliseconds for each attempt to connect, 1 to 600,000. Default: the operator's, 5,000 unless changed. */
  connectTimeout?: number
  /** Milliseconds until the upstream's first byte, 1 to 86,400,000; ends with that byte. Default: none. */
  inactivityTimeout?: number
  noop?: never
  close?: never
  atLeast?: never
}

/** Wait for more bytes, then ask again. On a question with `conn.final` it closes the connection. */
export interface WaitAnswer {
  /** Nothing is done: no other value is allowed. */
  noop: true
  /** The number of bytes, in all, that makes the next question worth asking. Default: one more than there are. */
  atLeast?: number
  remote?: never
  close?: never
  data?: never
  reply?: never
  replyWhen?: never
  connectTimeout?: never
  inactivityTimeout?: never
}

/** Close the connection, after sending `close` when it is not `true`. */
export interface CloseAnswer {
  /** `true` closes at once; a text or bytes are sent first. */
  close: true | Payload
  noop?: never
  remote?: never
  data?: never
  reply?: never
  replyWhen?: never
  connectTimeout?: never
  inactivityTimeout?: never
  atLeast?: never
}

/** What `route` answers: exactly one of three. Where it goes, that it waits, or that it closes. */
export type Answer = ForwardAnswer | WaitAnswer | CloseAnswer

/** Makes a key that no answer has an error at compile time: excess keys of an inferred return type are not checked otherwise. */
export type NoOtherKeys<A> = A extends unknown
  ? Exclude<keyof A, keyof ForwardAnswer> extends never
    ? unknown
    : { [K in Exclude<keyof A, keyof ForwardAnswer>]: never }
  : never

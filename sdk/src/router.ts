import type { Answer, CloseAnswer, ForwardAnswer, NoOtherKeys, TableValue } from './answer.ts'

/** One end of a connection. For a unix socket the address is its path (or `''`) and the port 0. */
export interface Endpoint {
  /** An IPv4 or IPv6 address without brackets, such as `192.0.2.1` or `2001:db8::1`. */
  readonly address: string
  /** 0 to 65,535. */
  readonly port: number
}

/** What TLS said, where the proxy terminated it. */
export interface TlsFacts {
  /** The name that the client asked for (SNI). */
  readonly serverName: string | undefined
  /** The version, such as `TLSv1.3`. */
  readonly protocol: string | undefined
}

/** What a router knows about a connection when it is asked. */
export interface Conn {
  /** All bytes read from the client so far, at most the preread limit (32,768 unless the operator changed it). */
  readonly bytes: Uint8Array
  /** The same bytes as a string of one character a byte (U+0000 to U+00FF). */
  readonly text: string
  /** No more bytes will be read before a decision: waiting now means closing. */
  readonly final: boolean
  /** Where the connection comes from. */
  readonly client: Endpoint
  /** The address and port at which it was accepted. */
  readonly local: Endpoint
  /** The listener's address as configured, such as `0.0.0.0:9418`. */
  readonly listener: string
  /** Milliseconds since 1970, the same throughout one decision; `Date.now()` gives it too. */
  readonly now: number
  /** Set where the proxy terminated TLS, which it does not do yet: always `undefined`. */
  readonly tls: TlsFacts | undefined
  /**
   * The value of `key` in the table beside the router (`git.homes.json` or `git.homes.csv` for `lookup('homes', …)` in
   * `git.ts`), or `undefined`. No table has keys of more than 1,024 characters. At most 16 different look-ups a decision. A router may be run
   * again from its start while a value is fetched.
   */
  lookup(table: string, key: string): TableValue | undefined
  /** Writes to the operator's log. At most 8 lines of 200 characters a decision; the rest is dropped and counted. */
  log(...values: unknown[]): void
}

/** Why connecting to an upstream failed, after all attempts. */
export interface ConnectError {
  /** `not-allowed`: the tenant may not reach the address that the remote resolved to; `failed`: anything else. */
  readonly code: 'refused' | 'timeout' | 'unreachable' | 'unresolved' | 'not-allowed' | 'failed'
  /** The remote as the router named it. */
  readonly remote: string
  /** Connection attempts made to this remote. */
  readonly attempts: number
  /** Remotes of this connection that failed, this one included, oldest first. */
  readonly tried: readonly string[]
  /** For the log, not for the client: it may name addresses. */
  readonly message: string
}

/** The upstream accepted the connection and then said nothing for `inactivityTimeout`. */
export interface Inactivity {
  /** The remote as the router named it. */
  readonly remote: string
  /** Milliseconds since the upstream accepted. */
  readonly elapsed: number
}

/** A place to listen at. */
export interface ListenAt {
  /** 0 to 65,535; 0 lets the system choose. */
  readonly port: number
  /** An address of the machine, or a name of one. Default: the operator's. */
  readonly host?: string
  /**
   * The host names whose connections are this router's: 1 to 100 names, `*.acme.example` standing for every name that ends in
   * `.acme.example`. Routers that name different hosts share a port; the proxy reads which host a client asks for from TLS (SNI)
   * or HTTP (`Host`, `:authority`) before it asks a router. The most specific name wins. What no name matches, and what is
   * neither TLS nor HTTP, goes to the router on that port that names no hosts, where there is one.
   *
   * Not together with `onConnect`, which is asked before the client has said anything.
   *
   * @example
   * listen: { port: 443, hosts: ['git.acme.example', '*.pages.acme.example'] }
   */
  readonly hosts?: readonly string[]
}

/** Where a router listens: a port (0 to 65,535; 0 lets the system choose), or more about it. Without one it takes the operator's default. */
export type Listen = number | ListenAt

interface Common<E extends ForwardAnswer | CloseAnswer, I extends CloseAnswer> {
  /** Where it listens. Default: the operator's, `0.0.0.0:5432` unless changed. */
  readonly listen?: Listen
  /**
   * What a connection gets when the router itself fails: it throws, runs out of time or memory, answers what is not an
   * answer, or is in quarantine. Fixed when the router is loaded. Default `{ close: true }`.
   */
  readonly failure?: ForwardAnswer | CloseAnswer
  /**
   * `false`: never remember what it decided. Otherwise the proxy may answer a question from memory that agrees with an earlier one
   * in everything that its decision read; for a router that is pure this makes no difference. Default `true`.
   */
  readonly memo?: boolean
  /** Asked when the upstream could not be reached; may name another. Default: close. Not asked when the client has left. */
  onConnectError?(conn: Conn, error: ConnectError): E & NoOtherKeys<NoInfer<E>>
  /** Asked when `inactivityTimeout` has passed, just before the connection is closed. Default: close. */
  onInactivity?(conn: Conn, inactivity: Inactivity): I & NoOtherKeys<NoInfer<I>>
}

interface Routed<A extends Answer, C extends Answer> {
  /** Asked each time bytes have come, until it answers something other than `{ noop: true }`. */
  route(conn: Conn): A & NoOtherKeys<NoInfer<A>>
  /** Asked when the connection is accepted, before any byte: for protocols in which the server speaks first. */
  onConnect?(conn: Conn): C & NoOtherKeys<NoInfer<C>>
}

interface Greeted<C extends ForwardAnswer | CloseAnswer> {
  route?: never
  /** Asked when the connection is accepted, before any byte; without `route` it must decide. */
  onConnect(conn: Conn): C & NoOtherKeys<NoInfer<C>>
}

/** What a router file exports: `route`, or an `onConnect` that always decides, and what else it wishes to say. The parameters are what each hook answers, and are inferred. */
export type RouterDefinition<
  A extends Answer = Answer,
  C extends Answer = Answer,
  E extends ForwardAnswer | CloseAnswer = ForwardAnswer | CloseAnswer,
  I extends CloseAnswer = CloseAnswer,
> = Common<E, I> & (Routed<A, C> | Greeted<C & (ForwardAnswer | CloseAnswer)>)

/**
 * Declares a router; a router file exports the result as its default.
 *
 * @example
 * export default defineRouter({
 *   listen: 8080,
 *   route: (conn) => (conn.text.startsWith('GET ') ? { remote: '127.0.0.1:80' } : { close: true }),
 * })
 */
export function defineRouter<
  const A extends Answer,
  const C extends Answer,
  const E extends ForwardAnswer | CloseAnswer,
  const I extends CloseAnswer,
>(definition: RouterDefinition<A, C, E, I>): RouterDefinition<A, C, E, I> {
  return definition
}

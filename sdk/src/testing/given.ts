import type { Payload } from '../answer.ts'
import type { ForwardDecision } from '../decision.ts'
import type { ConnectError, Endpoint, Inactivity } from '../router.ts'
import type { Hook } from '../sandbox/sandbox.ts'

/** What a forwarding answer may be expected to have besides where it goes; what is left out may be anything. */
export interface RouteDetails {
  /** What the upstream is sent of what was read, or instead of it. */
  readonly data?: Payload
  /** What the client is sent. */
  readonly reply?: Payload
  /** When: at once, or when the upstream has accepted. */
  readonly replyWhen?: ForwardDecision['replyWhen']
  /** Milliseconds. */
  readonly connectTimeout?: number
  /** Milliseconds. */
  readonly inactivityTimeout?: number
}

/** A connection of a test, and what is expected of the router. Without an expectation: that it gives an answer. */
export interface Given {
  /** No more bytes will come: the client ended, or the time or the room for its first bytes did. */
  final(): Given
  /** The client's address, with or without a port; default `192.0.2.1:49152`. */
  from(client: string): Given
  /** The listener's address, with a port; default `192.0.2.2` and the router's own port. */
  to(local: string): Given
  /** What `conn.now` and `Date.now()` give: milliseconds since 1970, or a date; default: when the test is run. */
  at(now: number | Date): Given
  /** Values for look-ups, instead of those in the tables beside the router. */
  tables(tables: Readonly<Record<string, Readonly<Record<string, string>>>>): Given
  /** Asks another hook than `route`. Where it is left out, `route` (and before it `onConnect`, if there is one) is asked. */
  on(hook: 'onConnect'): Given
  on(hook: 'onConnectError', error?: Partial<ConnectError>): Given
  on(hook: 'onInactivity', inactivity?: Partial<Inactivity>): Given

  /** Forwarded to `remote`, as the router names it; with these details, when they are given. */
  routesTo(remote: string, details?: RouteDetails): void
  /** Closed, with what is said to the client when that is given. */
  closes(text?: Payload | RegExp): void
  /** More bytes are waited for: `atLeast` in all, when that is given. */
  waits(expected?: { readonly atLeast?: number }): void
  /** The router throws, or gives what is no answer; its message matches. */
  fails(message?: RegExp): void
  /** Any answer: the router does not fail. */
  answers(): void
}

export type Expectation =
  | { readonly kind: 'routesTo'; readonly remote: string; readonly details: RouteDetails }
  | { readonly kind: 'closes'; readonly text: string | RegExp | undefined }
  | { readonly kind: 'waits'; readonly atLeast: number | undefined }
  | { readonly kind: 'fails'; readonly message: RegExp | undefined }
  | { readonly kind: 'answers' }

const CLIENT: Endpoint = { address: '192.0.2.1', port: 49_152 }

/** One `given`, as the runner reads it. */
export class Case implements Given {
  readonly bytes: Uint8Array
  /** The line of the test file. */
  readonly line: number | undefined
  ended = false
  client: Endpoint = CLIENT
  local: Endpoint | undefined
  now: number | undefined
  values: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined
  hook: Hook = 'route'
  event: Readonly<Record<string, unknown>> | undefined
  expected: Expectation = { kind: 'answers' }

  constructor(bytes: string | Uint8Array, line: number | undefined) {
    this.bytes = typeof bytes === 'string' ? bytesOf(bytes) : bytes
    this.line = line
  }

  final(): this {
    this.ended = true
    return this
  }

  from(client: string): this {
    this.client = endpoint(client, CLIENT.port)
    return this
  }

  to(local: string): this {
    this.local = endpoint(local, 1)
    return this
  }

  at(now: number | Date): this {
    this.now = Number(now)
    return this
  }

  tables(tables: Readonly<Record<string, Readonly<Record<string, string>>>>): this {
    this.values = tables
    return this
  }

  on(hook: Exclude<Hook, 'route'>, event?: Partial<ConnectError> | Partial<Inactivity>): this {
    this.hook = hook
    this.event = hook === 'onConnect' ? undefined : { ...EVENTS[hook], ...event }
    return this
  }

  routesTo(remote: string, details: RouteDetails = {}): void {
    this.expected = { kind: 'routesTo', remote, details }
  }

  closes(text?: Payload | RegExp): void {
    const plain = text === undefined || text instanceof RegExp ? text : latin1Of(text)
    this.expected = { kind: 'closes', text: plain }
  }

  waits({ atLeast }: { readonly atLeast?: number } = {}): void {
    this.expected = { kind: 'waits', atLeast }
  }

  fails(message?: RegExp): void {
    this.expected = { kind: 'fails', message }
  }

  answers(): void {
    this.expected = { kind: 'answers' }
  }
}

const FAILED_REMOTE = '192.0.2.3:1'
const EVENTS = {
  onConnectError: {
    code: 'refused',
    remote: FAILED_REMOTE,
    attempts: 1,
    tried: [FAILED_REMOTE],
    message: 'ECONNREFUSED',
  } satisfies ConnectError,
  onInactivity: { remote: FAILED_REMOTE, elapsed: 1000 } satisfies Inactivity,
} as const

function bytesOf(text: string): Uint8Array {
  const wide = /[^\u0000-\u00ff]/.exec(text)
  if (wide !== null)
    throw new Error(`given('…') has a character above U+00FF at ${wide.index}; use utf8('…') for text as UTF-8`)
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** A payload as a string of one character a byte. */
export function latin1Of(payload: Payload): string {
  if (typeof payload === 'string') return payload
  let text = ''
  for (const byte of payload) text += String.fromCharCode(byte)
  return text
}

function endpoint(text: string, port: number): Endpoint {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = bracketed ?? plain ?? text // an IPv6 address without brackets, or the path of a socket
  return { address, port: digits === undefined ? port : Number(digits) }
}

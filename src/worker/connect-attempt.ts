import type { ConnectError } from 'router-sdk'
import { formatTarget } from '../transport/address.ts'
import { after, type Deadline } from '../transport/deadlines.ts'
import type { ConnectEvents, Connection, ConnectOptions, ConnectTarget, Transport } from '../transport/transport.ts'

/** Why nothing was connected to. */
export interface Failure {
  readonly code: ConnectError['code']
  readonly message: string
}

/** `accepted`: the connection was made, and reset before we saw it. */
export type AttemptFailure = Failure & { readonly accepted: boolean }

/** Where an attempt leads: `shown` is what people are told, where that is not the target itself. */
export interface Destination {
  readonly target: ConnectTarget
  readonly shown?: string
  /** Called once, when the attempt is over. */
  readonly release?: () => void
}

export interface AttemptOptions extends ConnectOptions {
  /** Milliseconds. */
  readonly timeout: number
}

/** One attempt to connect to one address. Its result comes once, and later than its construction. */
export class Attempt implements ConnectEvents {
  readonly #connection: Connection
  readonly #destination: Destination
  #done: ((result: Connection | AttemptFailure) => void) | undefined
  readonly #timer: Deadline

  constructor(
    transport: Transport,
    destination: Destination,
    options: AttemptOptions,
    done: (result: Connection | AttemptFailure) => void,
  ) {
    this.#destination = destination
    this.#done = done
    this.#timer = after(options.timeout, () => this.#timeOut(options.timeout))
    this.#connection = transport.connect(destination.target, this, options)
  }

  /** Destroys the connection and tells nobody. */
  abandon(): void {
    this.#over()
    this.#connection.destroy(true)
  }

  connected(): void {
    this.#finish(this.#connection)
  }

  closed(error: Error | undefined): void {
    this.#finish(failureOf(shownAs(this.#destination), error))
  }

  // nothing comes before `connected`, and after it the connection has another owner
  data(): void {}
  ended(): void {}
  drained(): void {}

  #timeOut(timeout: number): void {
    const done = this.#done
    this.abandon()
    const message = `connect to ${shownAs(this.#destination)}: no answer in ${timeout} ms`
    done?.({ code: 'timeout', message, accepted: false })
  }

  #finish(result: Connection | AttemptFailure): void {
    this.#over()?.(result)
  }

  /** Once; the answer is whom to tell. */
  #over(): ((result: Connection | AttemptFailure) => void) | undefined {
    const done = this.#done
    this.#done = undefined
    this.#timer.cancel()
    if (done !== undefined) this.#destination.release?.()
    return done
  }
}

/** The address of a destination for records and messages. */
export function shownAs({ target, shown }: Destination): string {
  return shown ?? formatTarget(target)
}

const CODES: Readonly<Record<string, Failure['code']>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  ENOENT: 'unreachable', // a unix socket that does not exist
}

function failureOf(address: string, error: Error | undefined): AttemptFailure {
  const system = error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const reason = system ?? error?.message ?? 'the connection was closed'
  // a reset in answer to SYN is ECONNREFUSED; this one came after the handshake
  return { ...systemFailure(address, reason), accepted: system === 'ECONNRESET' }
}

/** What an error of the system with this code means to a router. */
export function systemFailure(address: string, code: string): Failure {
  return { code: CODES[code] ?? 'failed', message: `connect to ${address}: ${code}` }
}

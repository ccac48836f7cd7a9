import type { Duct } from './ducts.ts'
import { EAGAIN, EINTR, EINVAL, EIO, ENOMEM, ENOSYS, MSG_MORE } from './linux.ts'
import { Outbox } from './outbox.ts'
import type { Poller } from './poller.ts'
import type { SocketOptions } from './socket-options.ts'

/** How far sending came, if it did not fail (`-errno`): the kernel has everything, or will say when it takes more. */
export const ALL_SENT = 0
export const WAITS = 1

/** Answers of `splice` that do not concern the connection: what it cannot do, copying can. */
export const UNABLE: readonly number[] = [-EINVAL, -ENOSYS, -ENOMEM]
/** So many bytes at first leave at once, even if TCP may wait for more. */
const PROMPT = 512

/** What is sent on one socket: in order, as much as the kernel takes, and the rest as soon as it takes more. */
export class Outgoing {
  readonly #poller: Poller
  #outbox: Outbox | undefined
  /** What goes before the outbox. */
  #duct: Duct | undefined
  /** As long as the socket has not been told that small packets leave at once (TCP_NODELAY). */
  #options: SocketOptions | undefined
  #written = false
  /** The call that failed, once one has. */
  failed: 'write' | 'splice' = 'write'

  constructor(poller: Poller, options: SocketOptions | undefined) {
    this.#poller = poller
    this.#options = options
  }

  /** Bytes that the kernel has not taken. */
  get queued(): number {
    return (this.#duct?.held ?? 0) + (this.#outbox?.length ?? 0)
  }

  get empty(): boolean {
    return this.#outbox === undefined && this.#duct === undefined
  }

  /** Keeps a copy of the bytes from `from` on until `flush`. */
  keep(bytes: Uint8Array, from = 0): void {
    this.#outbox ??= new Outbox()
    this.#outbox.push(bytes, from)
  }

  /** `endNext`: a FIN follows at once, which takes what the kernel has kept back for it along. */
  write(descriptor: number, bytes: Uint8Array, endNext: boolean): number {
    let sent = 0
    if (this.empty) {
      sent = this.#send(descriptor, bytes, endNext)
      if (sent < 0) return sent
      if (sent === bytes.length) return ALL_SENT
    }
    this.keep(bytes, sent)
    return WAITS
  }

  /** Sends what is in the duct, when nothing else waits. The duct is kept if something of that must wait in it. */
  pass(descriptor: number, duct: Duct): number {
    const sent = this.#drain(descriptor, duct)
    if (sent === WAITS && duct.held > 0) this.#duct = duct
    return sent
  }

  keeps(duct: Duct): boolean {
    return this.#duct === duct
  }

  flush(descriptor: number): number {
    const duct = this.#duct
    if (duct === undefined) return this.#flushOutbox(descriptor)
    const sent = this.#drain(descriptor, duct)
    if (sent < 0 || duct.held > 0) return sent
    this.#duct = undefined
    this.#poller.ducts.give(duct)
    return this.#flushOutbox(descriptor)
  }

  /** Drops what waits. */
  clear(): void {
    this.#outbox?.clear()
    this.#outbox = undefined
    if (this.#duct !== undefined) this.#poller.ducts.give(this.#duct)
    this.#duct = undefined
  }

  #flushOutbox(descriptor: number): number {
    const outbox = this.#outbox
    while (outbox !== undefined && outbox.length > 0) {
      const { first } = outbox
      const sent = this.#send(descriptor, first, false)
      if (sent < 0) return sent
      outbox.sent(sent)
      if (sent < first.length) return WAITS
    }
    this.#outbox = undefined
    return ALL_SENT
  }

  /** As much as the kernel takes; how much that was, or `-errno`. */
  #send(descriptor: number, bytes: Uint8Array, endNext: boolean): number {
    const { calls, arena } = this.#poller
    if (this.#options !== undefined) this.#makePrompt(this.#options, descriptor, bytes.length)
    let sent = 0
    while (sent < bytes.length) {
      const length = Math.min(bytes.length - sent, arena.room(bytes))
      const memory = arena.sendable(bytes, sent)
      const size = arena.size(length)
      const count = endNext ? calls.send(descriptor, memory, size, MSG_MORE) : calls.write(descriptor, memory, size)
      if (count === -EINTR) continue
      if (count === -EAGAIN) break
      if (count < 0) return this.#fail('write', count)
      sent += count
      if (count < length) break
    }
    return sent
  }

  /**
   * TCP sends a little at once when nothing before it is under way, and would keep back what follows: most connections of the
   * shortest kind never need to be told not to.
   */
  #makePrompt(options: SocketOptions, descriptor: number, length: number): void {
    if (this.#written || length > PROMPT) {
      options.makePrompt(descriptor)
      this.#options = undefined
    }
    this.#written = true
  }

  #drain(descriptor: number, duct: Duct): number {
    while (duct.held > 0) {
      const count = duct.drain(descriptor)
      if (count > 0 || count === -EINTR) continue
      if (count === -EAGAIN) return WAITS
      if (UNABLE.includes(count)) return this.#unpack(descriptor, duct)
      return this.#fail('splice', count === 0 ? -EIO : count)
    }
    return ALL_SENT
  }

  /** What cannot leave as it came is copied, and goes before what was written behind it. */
  #unpack(descriptor: number, duct: Duct): number {
    const behind = this.#outbox
    const outbox = new Outbox()
    this.#outbox = outbox
    while (duct.held > 0) {
      const bytes = duct.show()
      if (bytes === undefined) return this.#fail('splice', -EIO)
      outbox.push(bytes, 0)
    }
    while (behind !== undefined && behind.length > 0) {
      const { first } = behind
      outbox.push(first, 0)
      behind.sent(first.length)
    }
    return this.#flushOutbox(descriptor)
  }

  #fail(call: 'write' | 'splice', result: number): number {
    this.failed = call
    return result
  }
}

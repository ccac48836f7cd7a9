/**
 * Blocking sockets and `poll`, by the system's own calls, for the ends of relayed connections: what they take of their core is as little as
 * can be, so that it is the proxy that is measured. Bulk is sent out of a little memory that stays in the processor's cache (cheaper by a
 * third than a file without copying it, of which each page is counted), and thrown away unread (`MSG_TRUNC`), much at a time.
 */
import ffi from 'node:ffi'

const AF_INET = 2
const SOCK_STREAM = 1
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_RCVLOWAT = 18
const SO_RCVTIMEO = 20
const IPPROTO_TCP = 6
const TCP_NODELAY = 1
const F_SETFL = 4
const O_NONBLOCK = 0o4000
const MSG_TRUNC = 0x20
const MSG_NOSIGNAL = 0x4000
const POLLIN = 1
const POLLOUT = 4
const MiB = 1_048_576
const BACKLOG = 4096
/** Of a `struct pollfd`. */
const POLLFD = 8
/** Seconds that anything blocks at most. */
const PATIENCE = 10n

const calls = ffi.dlopen(null, {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  bind: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  listen: { arguments: ['i32', 'i32'], return: 'i32' },
  accept: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
  connect: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'buffer', 'buffer'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
  fcntl: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  poll: { arguments: ['buffer', 'u64', 'i32'], return: 'i32' },
  recv: { arguments: ['i32', 'pointer', 'u64', 'i32'], return: 'i64' },
  send: { arguments: ['i32', 'pointer', 'u64', 'i32'], return: 'i64' },
  writev: { arguments: ['i32', 'buffer', 'i32'], return: 'i64' },
  close: { arguments: ['i32'], return: 'i32' },
}).functions

// kept by its name: what only an address refers to is collected
const memory = Buffer.from(new ArrayBuffer(65_536))
const address = ffi.getRawPointer(memory)
const length = BigInt(memory.length)
const bulk = Buffer.from(new ArrayBuffer(262_144))
const bulkPiece = [ffi.getRawPointer(bulk), BigInt(bulk.length)]
const BULK_PIECES = 4
/** `struct iovec` of each: the same memory again and again. */
const bulkPieces = Buffer.from(new BigUint64Array(Array.from({ length: BULK_PIECES }, () => bulkPiece).flat()).buffer)

/** A blocking connection to a port of this machine; whatever blocks gives up after ten seconds. */
export function dial(port: number): number {
  const descriptor = calls.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
  setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1n, 4)
  setOption(descriptor, SOL_SOCKET, SO_RCVTIMEO, PATIENCE, 16)
  if (calls.connect(descriptor, loopback(port), 16) !== 0) throw new Error(`cannot connect to port ${port}`)
  return descriptor
}

/** The descriptor of a listening socket, and its port. */
export function listen(): { descriptor: number; port: number } {
  const descriptor = calls.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
  const name = loopback(0)
  const size = Buffer.from(new Uint32Array([16]).buffer)
  if (calls.bind(descriptor, name, 16) !== 0 || calls.listen(descriptor, BACKLOG) !== 0)
    throw new Error('cannot listen')
  calls.getsockname(descriptor, name, size)
  return { descriptor, port: name.readUInt16BE(2) }
}

export function accept(listener: number): number {
  const descriptor = calls.accept(listener, 0n, 0n)
  setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1n, 4)
  return descriptor
}

export function sendText(descriptor: number, text: string): void {
  memory.write(text, 'latin1')
  if (calls.send(descriptor, address, BigInt(text.length), MSG_NOSIGNAL) !== BigInt(text.length))
    throw new Error('the peer took less than a line')
}

/** What came, 64 KiB at most; empty when the peer is gone, or nothing came in ten seconds. */
export function receiveText(descriptor: number): string {
  const count = Number(calls.recv(descriptor, address, length, 0))
  return memory.toString('latin1', 0, Math.max(0, count))
}

/** Sends `size` bytes and waits until as many have come back. Throws when they do not. */
export function roundTrip(descriptor: number, size: number): void {
  if (calls.send(descriptor, address, BigInt(size), MSG_NOSIGNAL) !== BigInt(size)) throw new Error('the peer is gone')
  for (let came = 0; came < size; ) {
    const count = Number(calls.recv(descriptor, address, length, 0))
    if (count <= 0) throw new Error('the echo did not come')
    came += count
  }
}

/** Sends back what has come; false when the peer is gone. */
export function echo(descriptor: number): boolean {
  const count = calls.recv(descriptor, address, length, 0)
  return count > 0n && calls.send(descriptor, address, count, MSG_NOSIGNAL) === count
}

/** Throws away what has come, and says how much it was; 0 when the peer is gone. */
export function discard(descriptor: number): number {
  return Math.max(0, Number(calls.recv(descriptor, 0n, BigInt(16 * MiB), MSG_TRUNC)))
}

/**
 * Sends as much as the socket takes now, a mebibyte at most: of a quarter, each fifth packet was its last 212 bytes, and without a
 * proxy a sixth less passed. False when the peer is gone.
 */
export function pour(descriptor: number): boolean {
  return calls.writev(descriptor, bulkPieces, BULK_PIECES) > 0n
}

/** From now on there is nothing to read of it before a mebibyte has come, or its end: who takes bulk is woken seldom. */
export function expectBulk(descriptor: number): void {
  setOption(descriptor, SOL_SOCKET, SO_RCVLOWAT, BigInt(MiB), 4)
}

export function unblock(descriptor: number): void {
  calls.fcntl(descriptor, F_SETFL, O_NONBLOCK)
}

export function close(descriptor: number): void {
  calls.close(descriptor)
}

/** Descriptors that are waited for together. */
export class Watched {
  #all = Buffer.alloc(0)

  add(descriptor: number, what: 'reading' | 'writing'): void {
    const one = Buffer.alloc(POLLFD)
    one.writeInt32LE(descriptor, 0)
    one.writeInt16LE(what === 'reading' ? POLLIN : POLLOUT, 4)
    this.#all = Buffer.concat([this.#all, one])
  }

  remove(descriptor: number): void {
    const kept = this.#entries().filter((entry) => entry.readInt32LE(0) !== descriptor)
    this.#all = Buffer.concat(kept)
  }

  /** Those that can go on, or have failed; none when `milliseconds` have passed. */
  wait(milliseconds: number): number[] {
    const count = this.#all.length / POLLFD
    if (calls.poll(this.#all, BigInt(count), milliseconds) <= 0) return []
    return this.#entries().flatMap((entry) => (entry.readInt16LE(6) === 0 ? [] : entry.readInt32LE(0)))
  }

  #entries(): Buffer[] {
    return Array.from({ length: this.#all.length / POLLFD }, (_, at) =>
      this.#all.subarray(at * POLLFD, (at + 1) * POLLFD),
    )
  }
}

function setOption(descriptor: number, level: number, option: number, value: bigint, size: 4 | 16): void {
  const bytes = Buffer.alloc(16)
  bytes.writeBigInt64LE(value, 0)
  calls.setsockopt(descriptor, level, option, bytes, size)
}

function loopback(port: number): Buffer {
  const name = Buffer.alloc(16)
  name.writeUInt16LE(AF_INET, 0)
  name.writeUInt16BE(port, 2)
  name.set([127, 0, 0, 1], 4)
  return name
}

import { MachineWords } from '../machine-words.ts'

/** Bytes of the blocks in which what waits for a peer is kept, and a `read` asks for as a rule. */
export const CHUNK = 65_536
/** The same of the first `read` of a connection that was accepted: what it says first is kept until somebody has decided about it. */
export const FIRST = 16_384
/** Bytes that one `read` asks for at most: what its peer does not take of it has to be kept. */
export const MOST = 131_072
/** Most of what is sent is shorter than so many bytes. */
const SHORT = 2048
/** Events that one turn takes from the kernel. */
export const EVENTS = 256

const ADDRESS_SIZE = 128 // sizeof(struct sockaddr_storage)
const HANDLE_ROOM = 1024
const INT = 4

/** `struct epoll_event` is packed on x86-64 alone: words of 32 bits in it, and those before its data. */
const EVENT_WORDS: { readonly size: number; readonly data: number } =
  process.arch === 'x64' ? { size: 3, data: 1 } : { size: 4, data: 2 }

const OFFSETS = {
  events: 0,
  event: EVENTS * 16,
  address: EVENTS * 16 + 64,
  length: EVENTS * 16 + 64 + ADDRESS_SIZE,
  option: EVENTS * 16 + 128 + ADDRESS_SIZE,
  time: EVENTS * 16 + 160 + ADDRESS_SIZE,
  handle: EVENTS * 16 + 192 + ADDRESS_SIZE,
  input: 8192,
  output: 8192 + MOST,
}
const SIZE = OFFSETS.output + CHUNK

/**
 * All memory that the kernel sees of a transport, in one piece that never moves: each place has one use, and is good until
 * the next call that uses it. What has to stay is copied out.
 */
export class Arena {
  /** Where the bytes of the last `read` are, and those of the next `write`. */
  readonly input: bigint
  readonly output: bigint
  /** `struct sockaddr` of the last `bind`, `connect`, `accept4` or `getsockname`; its length as the kernel gives it. */
  readonly address: bigint
  readonly addressLength: bigint
  readonly option: bigint
  /** `struct timespec`. */
  readonly time: bigint
  /** Of a single event that is given to `epoll_ctl`, and of those that `epoll_wait` fills. */
  readonly event: bigint
  readonly events: bigint
  /** Libuv's own account of the epoll descriptor. */
  readonly handle: bigint
  readonly handleRoom: number = HANDLE_ROOM

  readonly #base: bigint
  readonly #bytes: Buffer
  readonly #words: Int32Array
  readonly #addressBytes: Buffer
  readonly #whole: Buffer
  /** What was read last: what is passed on is this very view, and asking a view for its buffer costs more than comparing. */
  #last: Buffer
  /** Views of what was read, by their length: traffic has few lengths, and none has to be made twice in a row. */
  readonly #views: Buffer[] = []
  readonly #sizes = new MachineWords(SHORT)

  constructor(addressOf: (bytes: Uint8Array) => bigint) {
    this.#bytes = Buffer.from(new ArrayBuffer(SIZE))
    const base = addressOf(this.#bytes)
    this.#base = base
    this.#words = new Int32Array(this.#bytes.buffer, 0, OFFSETS.input / INT)
    const at = (offset: number) => base + BigInt(offset)
    this.input = at(OFFSETS.input)
    this.output = at(OFFSETS.output)
    this.address = at(OFFSETS.address)
    this.addressLength = at(OFFSETS.length)
    this.option = at(OFFSETS.option)
    this.time = at(OFFSETS.time)
    this.event = at(OFFSETS.event)
    this.events = at(OFFSETS.events)
    this.handle = at(OFFSETS.handle)
    this.#addressBytes = this.#bytes.subarray(OFFSETS.address, OFFSETS.address + ADDRESS_SIZE)
    this.#whole = this.#bytes.subarray(OFFSETS.input, OFFSETS.input + MOST)
    this.#last = this.#whole
  }

  /** The first `length` bytes of `input`, good until the next `read`. */
  received(length: number): Buffer {
    this.#last = this.#viewOf(length)
    return this.#last
  }

  #viewOf(length: number): Buffer {
    if (length === MOST) return this.#whole
    const slot = length & 1023
    const known = this.#views[slot]
    if (known !== undefined && known.length === length) return known
    const view = this.#whole.subarray(0, length)
    this.#views[slot] = view
    return view
  }

  /** How many of `bytes` can be written at once. */
  room(bytes: Uint8Array): number {
    return bytes === this.#last ? MOST : CHUNK
  }

  /** Where `room` of `bytes`, from `from` on, can be written from: bytes that were just read are there already. */
  sendable(bytes: Uint8Array, from: number): bigint {
    if (bytes === this.#last) return from === 0 ? this.input : this.#base + BigInt(OFFSETS.input + from)
    const part = from === 0 && bytes.length <= CHUNK ? bytes : bytes.subarray(from, from + CHUNK)
    this.#bytes.set(part, OFFSETS.output)
    return this.output
  }

  /** A length as calls take it. */
  size(length: number): bigint {
    return this.#sizes.of(length)
  }

  get addressBytes(): Buffer {
    return this.#addressBytes
  }

  /** Before a call that fills `address`. */
  expectAddress(): void {
    this.#words[OFFSETS.length / INT] = ADDRESS_SIZE
  }

  /** One or two integers of C. */
  setOption(first: number, second?: number): void {
    const at = OFFSETS.option / INT
    this.#words[at] = first
    if (second !== undefined) this.#words[at + 1] = second
    this.#words[OFFSETS.length / INT] = second === undefined ? INT : 2 * INT
  }

  /** Less than a second. */
  setTime(nanoseconds: number): void {
    this.#words[OFFSETS.time / INT + 2] = nanoseconds
  }

  get optionValue(): number {
    return this.#words[OFFSETS.option / INT] ?? 0
  }

  /** The descriptors of a pipe. */
  get optionPair(): readonly [number, number] {
    const at = OFFSETS.option / INT
    return [this.#words[at] ?? -1, this.#words[at + 1] ?? -1]
  }

  /** What the kernel is to hand back with the events of a descriptor. */
  setEvent(events: number, descriptor: number, generation: number): void {
    const at = OFFSETS.event / INT
    this.#words[at] = events
    this.#words[at + EVENT_WORDS.data] = descriptor
    this.#words[at + EVENT_WORDS.data + 1] = generation
  }

  eventMask(index: number): number {
    return this.#words[index * EVENT_WORDS.size] ?? 0
  }

  eventDescriptor(index: number): number {
    return this.#words[index * EVENT_WORDS.size + EVENT_WORDS.data] ?? -1
  }

  eventGeneration(index: number): number {
    return this.#words[index * EVENT_WORDS.size + EVENT_WORDS.data + 1] ?? -1
  }
}

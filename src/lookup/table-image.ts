/**
 * A look-up table as one `ArrayBuffer`: a header, the entries, then an open-addressing hash index. It moves between threads
 * without a copy and costs the heap nothing per key.
 *
 *     header   4 × u32: number of entries, offset of the index, slots of the index, hash seed
 *     entry    length of key (varint), length of value (varint), key, value; both UTF-8
 *     slot     2 × u32: hash, offset of the entry (0 is an empty slot)
 */
const HEADER_BYTES = 16
const FIRST_ARENA_BYTES = 64 * 1024
const FIRST_SLOTS = 256
const MAX_IMAGE_BYTES = 0xffff_ffff
/** With slots at most half full a run this long does not happen by chance: the keys were made to collide. */
const MAX_PROBES = 2048

/** The content of a table's file is not what a table may hold; the message says where and why. */
export class TableError extends Error {}

/** Builds an image entry by entry; a key that comes again replaces its value, as in JSON. */
export class TableImageBuilder {
  #arena: Buffer
  #used = HEADER_BYTES
  #slots = new Uint32Array(FIRST_SLOTS * 2)
  #entries = 0
  readonly #seed: number

  /** `seed` is any 32-bit number; a random one makes it harder to prepare keys that collide. */
  constructor(seed: number, expectedBytes = FIRST_ARENA_BYTES) {
    this.#seed = seed >>> 0
    this.#arena = Buffer.from(new ArrayBuffer(expectedBytes + HEADER_BYTES))
  }

  /** @throws TableError when too many keys collide or the image would be larger than 4 GiB. */
  add(key: Uint8Array, value: Uint8Array): void {
    if ((this.#entries + 1) * 4 > this.#slots.length) this.#growIndex()
    const hash = hashBytes(key, this.#seed)
    const slot = findSlot(this.#slots, hash, (offset) => sameKey(this.#arena, offset, key))
    if (slot === -1) throw new TableError('too many keys collide')
    if (this.#slots[slot + 1] === 0) this.#entries++
    this.#slots[slot] = hash
    this.#slots[slot + 1] = this.#append(key, value)
  }

  finish(): ArrayBuffer {
    const indexAt = (this.#used + 3) & ~3
    const image = this.#take(indexAt + this.#slots.byteLength)
    new Uint32Array(image, 0, 4).set([this.#entries, indexAt, this.#slots.length / 2, this.#seed])
    new Uint32Array(image, indexAt, this.#slots.length).set(this.#slots)
    return image
  }

  #append(key: Uint8Array, value: Uint8Array): number {
    const offset = this.#used
    const most = offset + 10 + key.length + value.length
    if (most > this.#arena.length) this.#arena = Buffer.from(this.#take(most + (most >> 1)))
    let at = writeVarint(this.#arena, offset, key.length)
    at = writeVarint(this.#arena, at, value.length)
    this.#arena.set(key, at)
    this.#arena.set(value, at + key.length)
    this.#used = at + key.length + value.length
    return offset
  }

  /** The arena's bytes in a buffer of another size; the arena is gone afterwards. */
  #take(bytes: number): ArrayBuffer {
    if (bytes > MAX_IMAGE_BYTES) throw new TableError('the table is larger than 4 GiB')
    const { buffer } = this.#arena
    if (!(buffer instanceof ArrayBuffer)) throw new Error('an arena is never shared')
    return buffer.transfer(bytes)
  }

  #growIndex(): void {
    const larger = new Uint32Array(this.#slots.length * 2)
    for (let slot = 0; slot < this.#slots.length; slot += 2) {
      const offset = this.#slots[slot + 1] ?? 0
      if (offset === 0) continue
      const hash = this.#slots[slot] ?? 0
      const free = findSlot(larger, hash, () => false)
      if (free === -1) throw new TableError('too many keys collide')
      larger[free] = hash
      larger[free + 1] = offset
    }
    this.#slots = larger
  }
}

/** Reads an image that `TableImageBuilder` made. */
export class TableImage {
  readonly #bytes: Buffer
  readonly #slots: Uint32Array
  readonly #seed: number
  /** Number of keys. */
  readonly size: number

  constructor(image: ArrayBuffer) {
    const [size = 0, indexAt = 0, slots = 0, seed = 0] = new Uint32Array(image, 0, 4)
    this.#bytes = Buffer.from(image)
    this.#slots = new Uint32Array(image, indexAt, slots * 2)
    this.#seed = seed
    this.size = size
  }

  get(key: string): string | undefined {
    const wanted = Buffer.from(key)
    const slot = findSlot(this.#slots, hashBytes(wanted, this.#seed), (offset) => sameKey(this.#bytes, offset, wanted))
    const offset = slot === -1 ? 0 : (this.#slots[slot + 1] ?? 0)
    if (offset === 0) return undefined
    const keyLength = readVarint(this.#bytes, offset)
    const valueLength = readVarint(this.#bytes, keyLength.next)
    const start = valueLength.next + keyLength.value
    return this.#bytes.toString('utf8', start, start + valueLength.value)
  }
}

/** The position in `slots` of the key that `same` recognises, or of the free slot where it would go; -1 when neither is near. */
function findSlot(slots: Uint32Array, hash: number, same: (offset: number) => boolean): number {
  const mask = slots.length / 2 - 1
  let slot = hash & mask
  for (let probes = 0; probes < MAX_PROBES; probes++) {
    const offset = slots[slot * 2 + 1] ?? 0
    if (offset === 0 || (slots[slot * 2] === hash && same(offset))) return slot * 2
    slot = (slot + 1) & mask
  }
  return -1
}

function sameKey(bytes: Buffer, offset: number, key: Uint8Array): boolean {
  const length = readVarint(bytes, offset)
  if (length.value !== key.length) return false
  const start = readVarint(bytes, length.next).next
  return bytes.compare(key, 0, key.length, start, start + length.value) === 0
}

/** 32-bit multiply-and-rotate over the bytes, finished so that the low bits depend on every byte. */
function hashBytes(bytes: Uint8Array, seed: number): number {
  let hash = seed ^ bytes.length
  for (const byte of bytes) {
    hash = Math.imul(hash ^ byte, 0x9e37_79b1)
    hash = (hash << 13) | (hash >>> 19)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function writeVarint(bytes: Buffer, at: number, value: number): number {
  let rest = value
  let next = at
  while (rest > 127) {
    bytes[next++] = (rest & 127) | 128
    rest >>>= 7
  }
  bytes[next++] = rest
  return next
}

function readVarint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0
  let next = at
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[next++] ?? 0
    value |= (byte & 127) << shift
    if (byte < 128) return { value, next }
  }
}

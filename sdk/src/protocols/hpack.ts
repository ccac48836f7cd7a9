/**
 * Reads the first header block of an HTTP/2 connection.
 *
 * Specification: RFC 7541 (HPACK), sections 2.3, 4 to 6 and appendix A.
 */
import { huffmanText } from './huffman.ts'
import { Reader } from './reader.ts'
import { latin1Text } from './text.ts'

export type Field = readonly [name: string, value: string]

// biome-ignore format: a table
const STATIC: readonly Field[] = [
  [':authority', ''], [':method', 'GET'], [':method', 'POST'], [':path', '/'], [':path', '/index.html'], [':scheme', 'http'],
  [':scheme', 'https'], [':status', '200'], [':status', '204'], [':status', '206'], [':status', '304'], [':status', '400'],
  [':status', '404'], [':status', '500'], ['accept-charset', ''], ['accept-encoding', 'gzip, deflate'], ['accept-language', ''],
  ['accept-ranges', ''], ['accept', ''], ['access-control-allow-origin', ''], ['age', ''], ['allow', ''], ['authorization', ''],
  ['cache-control', ''], ['content-disposition', ''], ['content-encoding', ''], ['content-language', ''], ['content-length', ''],
  ['content-location', ''], ['content-range', ''], ['content-type', ''], ['cookie', ''], ['date', ''], ['etag', ''], ['expect', ''],
  ['expires', ''], ['from', ''], ['host', ''], ['if-match', ''], ['if-modified-since', ''], ['if-none-match', ''], ['if-range', ''],
  ['if-unmodified-since', ''], ['last-modified', ''], ['link', ''], ['location', ''], ['max-forwards', ''],
  ['proxy-authenticate', ''], ['proxy-authorization', ''], ['range', ''], ['referer', ''], ['refresh', ''], ['retry-after', ''],
  ['server', ''], ['set-cookie', ''], ['strict-transport-security', ''], ['transfer-encoding', ''], ['user-agent', ''],
  ['vary', ''], ['via', ''], ['www-authenticate', ''],
]
const TABLE_SIZE = 4096 // until the server says otherwise, which it has not yet
const ENTRY = 32 // what an entry counts beside its text
const MAX_LIST = 65_536
const MAX_INTEGER_BYTES = 4

/** Entries that the client has added, the newest first. */
class DynamicTable {
  #entries: Field[] = []
  #size = 0
  #limit = TABLE_SIZE

  get(index: number): Field | undefined {
    return index <= STATIC.length ? STATIC[index - 1] : this.#entries[index - STATIC.length - 1]
  }

  add(field: Field): void {
    this.#entries.unshift(field)
    this.#size += sizeOf(field)
    this.#evict()
  }

  resize(limit: number): boolean {
    if (limit < 0 || limit > TABLE_SIZE) return false
    this.#limit = limit
    this.#evict()
    return true
  }

  #evict(): void {
    while (this.#size > this.#limit) {
      const oldest = this.#entries.pop()
      this.#size -= oldest === undefined ? this.#size : sizeOf(oldest)
    }
  }
}

function sizeOf([name, value]: Field): number {
  return name.length + value.length + ENTRY
}

/** The fields of a block in order, or `undefined` when it is broken, or above 64 KiB once it is unpacked. */
export function readFields(block: Uint8Array): Field[] | undefined {
  const table = new DynamicTable()
  const reader = new Reader(block)
  const fields: Field[] = []
  let size = 0
  while (reader.left > 0) {
    const first = reader.u8()
    if (first >= 0x20 && first < 0x40) {
      // A change of the table's size stands before all fields.
      if (fields.length > 0 || !table.resize(integer(reader, first, 5)) || !reader.ok) return undefined
      continue
    }
    const field = first >= 0x80 ? table.get(integer(reader, first, 7)) : literal(reader, first, table)
    if (field === undefined || !reader.ok) return undefined
    size += sizeOf(field)
    if (size > MAX_LIST) return undefined
    fields.push(field)
  }
  return fields
}

/** A field that is written out, its name at least, and remembered when its first two bits say so. */
function literal(reader: Reader, first: number, table: DynamicTable): Field | undefined {
  const remembered = first >= 0x40
  const index = integer(reader, first, remembered ? 6 : 4)
  const name = index === 0 ? string(reader) : table.get(index)?.[0]
  const value = string(reader)
  if (name === undefined || value === undefined) return undefined
  if (remembered) table.add([name, value])
  return [name, value]
}

/** A number that begins in the low `bits` of `first`; -1 for one that does not end. */
function integer(reader: Reader, first: number, bits: number): number {
  const most = 2 ** bits - 1
  let value = first & most
  if (value < most) return value
  for (let at = 0; at < MAX_INTEGER_BYTES; at++) {
    const byte = reader.u8()
    value += (byte & 0x7f) * 128 ** at
    if (byte < 0x80) return value
  }
  return -1
}

function string(reader: Reader): string | undefined {
  const first = reader.u8()
  const bytes = reader.take(integer(reader, first, 7))
  if (!reader.ok) return undefined
  return first >= 0x80 ? huffmanText(bytes) : latin1Text(bytes, 0, bytes.length)
}

import { TableError } from './table-image.ts'

/** Receives one entry; the bytes are the receiver's only until it returns. */
export type AddEntry = (key: Uint8Array, value: Uint8Array) => void

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SCALAR = /^(?:true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/
const MAX_SCALAR_BYTES = 64

/**
 * Reads a table in JSON: one object whose values are strings, numbers or booleans; numbers and booleans count as they are
 * written. Nothing is parsed into objects, so no file can take more memory than its own size.
 *
 * @throws TableError
 */
export function parseJsonTable(bytes: Buffer, add: AddEntry): void {
  new JsonTable(bytes, add).read()
}

class JsonTable {
  readonly #bytes: Buffer
  readonly #add: AddEntry
  #at = 0

  constructor(bytes: Buffer, add: AddEntry) {
    this.#bytes = bytes
    this.#add = add
  }

  read(): void {
    if (this.#peek() !== '{') throw this.#error('a table is a JSON object of strings; found', this.#found())
    this.#at++
    if (this.#peek() === '}') this.#at++
    else this.#entries()
    if (this.#peek() !== '') throw this.#error('the object ends and is followed by', this.#found())
  }

  #entries(): void {
    for (;;) {
      if (this.#peek() !== '"') throw this.#error('expected a key in quotes; found', this.#found())
      const key = this.#string()
      if (this.#peek() !== ':') throw this.#error(`expected ":" after the key ${shown(key)}; found`, this.#found())
      this.#at++
      this.#add(key, this.#value(key))
      const next = this.#peek()
      this.#at++
      if (next === '}') return
      if (next === ',') continue
      this.#at--
      throw this.#error(`expected "," or "}" after the value of ${shown(key)}; found`, this.#found())
    }
  }

  #value(key: Uint8Array): Uint8Array {
    const first = this.#peek()
    if (first === '"') return this.#string()
    const kind = first === '{' ? 'an object' : first === '[' ? 'a list' : undefined
    const start = this.#at
    if (kind === undefined) {
      while (this.#at - start <= MAX_SCALAR_BYTES && /[-+.0-9A-Za-z]/.test(this.#character())) this.#at++
      const text = this.#bytes.subarray(start, this.#at)
      if (SCALAR.test(text.toString('latin1'))) return text
      this.#at = start
    }
    throw this.#error(`the value of ${shown(key)} is a string, a number or a boolean; found`, kind ?? this.#found())
  }

  /** The bytes of a string, without a copy when it has no escape. */
  #string(): Uint8Array {
    const start = this.#at
    let escaped = false
    let at = start + 1
    for (; ; at++) {
      const byte = this.#bytes[at]
      if (byte === undefined) throw this.#error('a string does not end before', 'the end of the file')
      if (byte === QUOTE) break
      if (byte < 0x20) {
        this.#at = at
        throw this.#error('a string holds', 'a control character')
      }
      if (byte === BACKSLASH) {
        escaped = true
        at++
      }
    }
    this.#at = at + 1
    return escaped ? this.#unescape(start) : this.#bytes.subarray(start + 1, at)
  }

  #unescape(start: number): Uint8Array {
    try {
      const text: unknown = JSON.parse(this.#bytes.toString('utf8', start, this.#at))
      if (typeof text === 'string') return Buffer.from(text)
    } catch {}
    this.#at = start
    throw this.#error('a string has', 'an escape that is none')
  }

  /** The next character that is not white space, `''` at the end. */
  #peek(): string {
    while (/[ \t\r\n]/.test(this.#character())) this.#at++
    return this.#character()
  }

  #character(): string {
    const byte = this.#bytes[this.#at]
    return byte === undefined ? '' : String.fromCharCode(byte)
  }

  #found(): string {
    if (this.#at >= this.#bytes.length) return 'the end of the file'
    const word = /^(?:[-+.\w]{1,20}|.)/su.exec(this.#bytes.toString('utf8', this.#at, this.#at + 24))
    return JSON.stringify(word?.[0] ?? '')
  }

  #error(what: string, found: string): TableError {
    const before = this.#bytes.subarray(0, this.#at)
    let line = 1
    for (const byte of before) if (byte === 0x0a) line++
    return new TableError(`line ${line}, column ${this.#at - before.lastIndexOf(0x0a)}: ${what} ${found}`)
  }
}

function shown(key: Uint8Array): string {
  const text = Buffer.from(key.buffer, key.byteOffset, Math.min(key.length, 60)).toString()
  return JSON.stringify(key.length > 60 ? `${text}…` : text)
}

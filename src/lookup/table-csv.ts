import { TableError } from './table-image.ts'
import type { AddEntry } from './table-json.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const CR = 0x0d
const LF = 0x0a

/**
 * Reads a table in CSV (RFC 4180): two fields a line, key and value, no header; fields may be quoted. Empty lines are
 * skipped.
 *
 * @throws TableError with the line.
 */
export function parseCsvTable(bytes: Buffer, add: AddEntry): void {
  const reader = new CsvReader(bytes)
  while (!reader.ended) {
    if (reader.skipEmptyLine()) continue
    const key = reader.field()
    reader.comma()
    const value = reader.field()
    reader.endOfLine()
    add(key, value)
  }
}

class CsvReader {
  readonly #bytes: Buffer
  #at = 0
  #line = 1

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length
  }

  skipEmptyLine(): boolean {
    return this.#newline()
  }

  field(): Uint8Array {
    return this.#bytes[this.#at] === QUOTE ? this.#quoted() : this.#plain()
  }

  comma(): void {
    if (this.#bytes[this.#at] !== COMMA) throw this.#error('has one field; a table has two, key and value')
    this.#at++
  }

  endOfLine(): void {
    if (this.ended || this.#newline()) return
    if (this.#bytes[this.#at] === COMMA) throw this.#error('has more than two fields; a table has two, key and value')
    throw this.#error('has text after a closing quote')
  }

  #newline(): boolean {
    const width =
      this.#bytes[this.#at] === LF ? 1 : this.#bytes[this.#at] === CR && this.#bytes[this.#at + 1] === LF ? 2 : 0
    this.#at += width
    if (width > 0) this.#line++
    return width > 0
  }

  #plain(): Uint8Array {
    const start = this.#at
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#bytes[this.#at]
      if (byte === COMMA || byte === LF || (byte === CR && this.#bytes[this.#at + 1] === LF)) break
      if (byte === QUOTE) throw this.#error('has a quote inside a field that is not quoted')
    }
    return this.#bytes.subarray(start, this.#at)
  }

  #quoted(): Uint8Array {
    const opened = this.#line
    const start = ++this.#at
    let doubled = false
    for (; ; this.#at++) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) throw new TableError(`line ${opened} opens a quote that is not closed`)
      if (byte === LF) this.#line++
      if (byte !== QUOTE) continue
      if (this.#bytes[this.#at + 1] !== QUOTE) break
      doubled = true
      this.#at++
    }
    const content = this.#bytes.subarray(start, this.#at++)
    return doubled ? Buffer.from(content.toString().replaceAll('""', '"')) : content
  }

  #error(what: string): TableError {
    return new TableError(`line ${this.#line} ${what}`)
  }
}

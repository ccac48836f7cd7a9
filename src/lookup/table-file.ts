import { isUtf8 } from 'node:buffer'
import { randomInt } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { extname } from 'node:path'
import { parseCsvTable } from './table-csv.ts'
import { TableError, TableImageBuilder } from './table-image.ts'
import { parseJsonTable } from './table-json.ts'

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Reads a table's file into an image. Only a regular file is read, at most `maxBytes` of it, and never through a link.
 *
 * @throws TableError with a message that does not name the file.
 */
export function readTable(file: string, maxBytes: number): ArrayBuffer {
  const content = readRegularFile(file, maxBytes)
  const bytes = content.subarray(0, 3).equals(BYTE_ORDER_MARK) ? content.subarray(3) : content
  if (!isUtf8(bytes)) throw new TableError('is not UTF-8')
  const builder = new TableImageBuilder(randomInt(2 ** 32), bytes.length)
  const parse = extname(file) === '.csv' ? parseCsvTable : parseJsonTable
  parse(bytes, (key, value) => builder.add(key, value))
  return builder.finish()
}

function readRegularFile(file: string, maxBytes: number): Buffer {
  const descriptor = openRegularFile(file)
  try {
    const { size } = fstatSync(descriptor)
    if (size > maxBytes) throw new TableError(`has ${size} bytes; tables.maxBytes allows ${maxBytes}`)
    const bytes = Buffer.allocUnsafeSlow(size)
    let read = 0
    while (read < size) {
      const count = readSync(descriptor, bytes, read, size - read, read)
      if (count === 0) break
      read += count
    }
    return bytes.subarray(0, read)
  } finally {
    closeSync(descriptor)
  }
}

/** Without O_NONBLOCK opening a named pipe would wait for its writer. */
function openRegularFile(file: string): number {
  let descriptor: number
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    throw new TableError(`cannot be opened (${systemCode(error)})`)
  }
  if (fstatSync(descriptor).isFile()) return descriptor
  closeSync(descriptor)
  throw new TableError('is not a regular file')
}

function systemCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return String(error)
  return error.code === 'ELOOP' ? 'ELOOP: it is a symbolic link' : String(error.code)
}

import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { BadRecord, parseRecordLine, RECORD_HEADER, type RecordedConnection, type Tape } from '../record.ts'
import { Fault } from '../testing/fault.ts'
import { UsageError } from './files.ts'
import { readRecord } from './recorded.ts'

/** A record to which connections are added; what it has stays as it is. */
export class RecordFile implements AsyncDisposable {
  readonly #path: string
  readonly #file: FileHandle

  /**
   * Opens a record, or makes one that only its owner may read.
   *
   * @throws UsageError when it cannot be written, or is a file of something else.
   */
  static async open(path: string): Promise<RecordFile> {
    const file = await open(path, 'a+', 0o600).catch((error: unknown) => {
      throw new UsageError(`the record ${path} cannot be written: ${error instanceof Error ? error.message : error}`)
    })
    try {
      await prepare(path, file)
      return new RecordFile(path, file)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** Adds a connection; the result is the name that it was given. */
  add(connection: Omit<RecordedConnection, 'id' | 'bytes' | 'questions' | 'leftOut'>, tape: Tape): string {
    const id = randomBytes(6).toString('hex')
    try {
      // At once: lines of connections that end together must not run into each other.
      appendFileSync(this.#file.fd, `${tape.line({ id, ...connection })}\n`)
      return id
    } catch (error) {
      throw new Fault(`the record ${this.#path} cannot be written: ${error instanceof Error ? error.message : error}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

/** Makes sure that what is added begins a line of a record. */
async function prepare(path: string, file: FileHandle): Promise<void> {
  const stats = await file.stat()
  if (!stats.isFile()) throw new UsageError(`${path} is no file: a record is written to one`)
  if (stats.size === 0) return file.appendFile(`${RECORD_HEADER}\n`)
  const head = await read(file, 0, Math.min(stats.size, 256))
  try {
    parseRecordLine(head.split('\n', 1)[0] ?? '', true)
  } catch (error) {
    if (!(error instanceof BadRecord)) throw error
    throw new UsageError(`${path} is no record, and is left as it is: ${error.message}`)
  }
  if ((await read(file, stats.size - 1, 1)) === '\n') return
  const { unfinished } = await readRecord(path)
  if (unfinished) throw new UsageError(`the last line of ${path} is not whole: take it out before more is added`)
  await file.appendFile('\n')
}

async function read(file: FileHandle, from: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from)
  return buffer.toString('latin1', 0, bytesRead)
}

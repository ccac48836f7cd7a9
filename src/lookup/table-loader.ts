import { stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { readTable } from './table-file.ts'
import { TableError, TableImage } from './table-image.ts'
import type { TableJob, TableResult } from './table-worker.ts'

/** Reading a file of this size takes the event loop less than starting a thread would. */
const INLINE_BYTES = 32 * 1024
const LOAD_LIMIT = 60_000
const MAX_THREADS = 2
/** The parser makes no objects: what a thread's heap holds does not depend on the table. */
const HEAP_MIB = 64

/** Loads tables without holding up the event loop: large ones in threads, two at a time. */
export class TableLoader {
  #running = 0
  readonly #waiting: (() => void)[] = []
  readonly #threads = new Set<Worker>()
  #closed = false

  /** @throws TableError */
  async load(file: string, maxBytes: number): Promise<TableImage> {
    const size = await fileSize(file)
    if (size <= INLINE_BYTES) return new TableImage(readTable(file, maxBytes))
    if (this.#running >= MAX_THREADS) await new Promise<void>((resume) => this.#waiting.push(resume))
    this.#running++
    try {
      if (this.#closed) throw new TableError('was not read: the program is ending')
      return new TableImage(await this.#inThread({ file, maxBytes }))
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#threads].map((thread) => thread.terminate()))
  }

  #inThread(job: TableJob): Promise<ArrayBuffer> {
    const thread = new Worker(new URL(import.meta.resolve('#table-worker')), {
      workerData: job,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: HEAP_MIB / 4 },
    })
    this.#threads.add(thread)
    const { promise, resolve, reject } = Promise.withResolvers<ArrayBuffer>()
    const limit = setTimeout(() => reject(new TableError(`could not be read within ${LOAD_LIMIT} ms`)), LOAD_LIMIT)
    thread.on('message', (result: TableResult) =>
      'image' in result ? resolve(result.image) : reject(new TableError(result.error)),
    )
    thread.on('error', (error) => reject(new TableError(`could not be read: ${String(error)}`)))
    thread.on('exit', () => reject(new TableError('could not be read: its thread ended')))
    return promise.finally(() => {
      clearTimeout(limit)
      this.#threads.delete(thread)
      void thread.terminate()
    })
  }
}

async function fileSize(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch {
    return 0 // readTable finds out why and says it
  }
}

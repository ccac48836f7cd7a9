import { parentPort, workerData } from 'node:worker_threads'
import { readTable } from './table-file.ts'
import { TableError } from './table-image.ts'

/** What the thread is given, and what it answers: the image, or why there is none. */
export interface TableJob {
  readonly file: string
  readonly maxBytes: number
}
export type TableResult = { readonly image: ArrayBuffer } | { readonly error: string }

/** The entry of the thread that reads one large table. */
const job: TableJob = workerData
try {
  const image = readTable(job.file, job.maxBytes)
  parentPort?.postMessage({ image } satisfies TableResult, [image])
} catch (error) {
  if (!(error instanceof TableError)) throw error
  parentPort?.postMessage({ error: error.message } satisfies TableResult)
}

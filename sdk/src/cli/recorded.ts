import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { BadRecord, parseRecordLine, type RecordedConnection, type RecordedQuestion } from '../record.ts'
import { tablesOf, type Values } from '../testing/tables.ts'
import type { Inquiry, Tables, Verdict } from '../testing/verdict.ts'
import { UsageError } from './files.ts'

export interface RecordFile {
  readonly connections: readonly RecordedConnection[]
  /** The last line is not whole: the proxy was still writing, or died while it was. */
  readonly unfinished: boolean
}

/** Reads a file of recorded connections. */
export async function readRecord(file: string): Promise<RecordFile> {
  const connections: RecordedConnection[] = []
  let number = 0
  let wrong: string | undefined
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1
      if (wrong !== undefined) throw new UsageError(wrong)
      try {
        const connection = parseRecordLine(line, number === 1)
        if (connection !== undefined) connections.push(connection)
      } catch (error) {
        if (!(error instanceof BadRecord)) throw error
        wrong = `${file}, line ${number}: ${error.message}`
        if (number === 1) throw new UsageError(wrong)
      }
    }
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error
    throw new UsageError(`${file} cannot be read: ${error.message}`)
  }
  if (number === 0) throw new UsageError(`${file} is empty: it has no header`)
  return { connections, unfinished: wrong !== undefined }
}

/** The questions of a connection, `undefined` for those whose bytes were not all kept. `beside`: tables for what was not looked up then. */
export function inquiriesOf(connection: RecordedConnection, beside: Values = {}): (Inquiry | undefined)[] {
  const { client, local, listener, questions, bytes: kept } = connection
  return questions.map(({ hook, length, final, now, event, lookups }) => {
    if (length > kept.length) return undefined
    const bytes = kept.subarray(0, length)
    return { hook, bytes, final, client, local, listener, now, event, tables: recordedFirst(lookups, beside) }
  })
}

/** A question and its answer, as they are recorded. */
export function questionOf(
  { hook, final, now, event }: Inquiry,
  { outcome, lookups }: Verdict,
): Omit<RecordedQuestion, 'length'> {
  const found: Record<string, Record<string, string | null>> = {}
  for (const { table, key, value } of lookups) found[table] = { ...found[table], [key]: value }
  const decision = outcome.kind === 'failed' ? ({ kind: 'failed', message: outcome.message } as const) : outcome
  return { hook, final, now, event, lookups: found, decision }
}

function recordedFirst(
  lookups: Readonly<Record<string, Readonly<Record<string, string | null>>>>,
  beside: Values,
): Tables {
  const others = tablesOf(beside)
  return {
    get: (table, key) => {
      const known = Object.hasOwn(lookups, table) ? lookups[table] : undefined
      if (known !== undefined && Object.hasOwn(known, key)) return known[key] ?? null
      return others.get(table, key)
    },
  }
}

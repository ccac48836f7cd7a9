import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { tableOf } from '../router-file.ts'
import { Fault } from './fault.ts'
import type { Tables } from './verdict.ts'

/** Tables by name, each by key. */
export type Values = Readonly<Record<string, Readonly<Record<string, string>>>>

export function tablesOf(values: Values): Tables {
  return {
    get: (table, key) => {
      const found = Object.hasOwn(values, table) ? values[table] : undefined
      if (found === undefined) return undefined
      return Object.hasOwn(found, key) ? (found[key] ?? null) : null
    },
  }
}

/** A table's file that cannot be read as one; the message names it. */
export class TableFault extends Fault {}

/** The tables that stand beside a router, as the proxy would read them. */
export async function tablesBeside(router: string): Promise<Values> {
  const folder = dirname(router)
  const values: Record<string, Record<string, string>> = Object.create(null)
  for (const name of await readdir(folder)) {
    const found = tableOf(name)
    if (found?.router === basename(router, '.ts')) values[found.table] = await readTable(join(folder, name))
  }
  return values
}

/**
 * Reads a table: a JSON object of strings, numbers or booleans, or CSV of key and value.
 *
 * @throws TableFault
 */
export async function readTable(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new TableFault(`the table ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  return extname(file) === '.csv' ? parseCsv(text, file) : parseJson(text, file)
}

function parseJson(text: string, file: string): Record<string, string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text, keepSource)
  } catch (error) {
    throw new TableFault(`the table ${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new TableFault(`the table ${file} is a JSON object of strings`)
  const values: Record<string, string> = Object.create(null)
  for (const [key, value] of Object.entries(parsed)) {
    if (typeof value !== 'string')
      throw new TableFault(`the table ${file}: the value of ${JSON.stringify(key)} is a string, a number or a boolean`)
    values[key] = value
  }
  return values
}

/** Numbers and booleans count as they are written. */
function keepSource(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? (context?.source ?? String(value)) : value
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y

/** RFC 4180: two fields a line, no header, empty lines skipped. */
function parseCsv(text: string, file: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null)
  let fields: string[] = []
  let line = 1
  FIELD.lastIndex = 0
  while (FIELD.lastIndex < text.length || fields.length > 0) {
    const found = FIELD.exec(text)
    if (found === null) throw new TableFault(`the table ${file}, line ${line}: a quote stands where none is allowed`)
    const [, quoted, plain = '', end] = found
    fields.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === ',') continue
    const [key = '', value, ...more] = fields
    const empty = fields.length === 1 && key === ''
    if (!empty && (value === undefined || more.length > 0))
      throw new TableFault(
        `the table ${file}, line ${line}: a line is a key and a value; found ${fields.length} fields`,
      )
    if (value !== undefined) values[key] = value
    fields = []
    line++
  }
  return values
}

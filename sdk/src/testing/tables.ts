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
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new TableFault(`the table ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  const text = decode(bytes, file)
  return extname(file) === '.csv' ? parseCsv(text, file) : parseJson(text, file)
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new TableFault(`the table ${file} is not UTF-8`)
  }
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

const FIELD = String.raw`(?:"([^"]*(?:""[^"]*)*)"|((?:[^",\r\n]|\r(?!\n))*))`
const LINE = new RegExp(`${FIELD},${FIELD}(?:\\r?\\n|$)`, 'y')
const EMPTY_LINE = /\r?\n/y

/** RFC 4180: two fields a line, no header, empty lines skipped. */
function parseCsv(text: string, file: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null)
  for (let at = 0; at < text.length; ) {
    const empty = execAt(EMPTY_LINE, text, at)
    const found = empty ?? execAt(LINE, text, at)
    if (found === null)
      throw new TableFault(`the table ${file}, line ${lineOf(text, at)}: a line is a key, a comma and a value`)
    const [whole, quotedKey, key = '', quotedValue, value = ''] = found
    if (empty === null) values[quotedKey?.replaceAll('""', '"') ?? key] = quotedValue?.replaceAll('""', '"') ?? value
    at += whole.length
  }
  return values
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}

function execAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

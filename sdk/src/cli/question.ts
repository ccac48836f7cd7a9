import { DEFAULTS } from '../limits.ts'
import type { Hook } from '../sandbox/sandbox.ts'
import { Case } from '../testing/given.ts'
import { readTable, TableFault, tablesBeside, tablesOf, type Values } from '../testing/tables.ts'
import type { Inquiry, Tables } from '../testing/verdict.ts'
import type { OpenRouter } from '../testing/workbench.ts'
import { UsageError } from './files.ts'
import { type InputOptions, inputBytes } from './input.ts'

/** How a command line puts a question to a router. */
export interface QuestionOptions extends InputOptions {
  readonly final?: boolean
  readonly hook: Hook
  readonly from?: string
  readonly table: readonly string[]
  readonly flat?: boolean
}

/** What is asked, before it is known of which router. */
export interface Question {
  readonly options: QuestionOptions
  /** All that was given; a router is shown no more than is read before a decision. */
  readonly bytes: Uint8Array
  readonly tables: Tables
}

/** Reads what a command line gives to ask the router in `file`. `dash`: a further argument, which can be `-` only. */
export async function readQuestion(
  file: string,
  dash: string | undefined,
  options: QuestionOptions,
): Promise<Question> {
  if (dash !== undefined && dash !== '-') throw new UsageError(`${dash} is no input: - stands for standard input`)
  const bytes =
    options.hook !== 'route' && !hasInput(options, dash) ? new Uint8Array(0) : await inputBytes(options, dash === '-')
  return { options, bytes, tables: await readTables(file, options.table) }
}

/** Whether a command line gives bytes, in any of the ways. */
export function hasInput({ text, hex, file }: InputOptions, dash: string | undefined): boolean {
  return [text, hex, file, dash].some((one) => one !== undefined)
}

/** The question as the router is asked it. */
export function inquiryOf({ name, description }: OpenRouter, { options, bytes, tables }: Question): Inquiry {
  const { final, hook, from } = options
  const { hooks, listen } = description
  if (!hooks.includes(hook)) throw new UsageError(`the router ${name} has no ${hook}; it has ${hooks.join(', ')}`)
  const model = new Case('', undefined)
  if (from !== undefined) model.from(from)
  if (hook === 'onConnectError' || hook === 'onInactivity') model.on(hook)
  const full = bytes.length >= DEFAULTS.prereadBytes
  const port = listen?.port ?? 1
  return {
    hook,
    bytes: bytes.subarray(0, DEFAULTS.prereadBytes),
    final: hook === 'route' && (final === true || full),
    client: model.client,
    local: { address: '192.0.2.2', port },
    listener: `0.0.0.0:${port}`,
    now: Date.now(),
    event: model.event,
    tables,
  }
}

/** The tables beside a router, and instead of or besides them those of `homes=file.json`. */
export async function readTables(file: string, given: readonly string[]): Promise<Tables> {
  try {
    const values: Record<string, Values[string]> = { ...(await tablesBeside(file)) }
    for (const word of given) {
      const [, name = '', path] = /^([\w-]+)=(.+)$/.exec(word) ?? []
      if (path === undefined) throw new UsageError(`--table takes NAME=FILE, such as homes=homes.json; found ${word}`)
      values[name] = await readTable(path)
    }
    return tablesOf(values)
  } catch (error) {
    if (error instanceof TableFault) throw new UsageError(error.message)
    throw error
  }
}

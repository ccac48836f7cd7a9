import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { Fault } from './fault.ts'

/** An input that made a router fail once: it is tried first in every later run. */
export interface SavedInput {
  readonly bytes: Uint8Array
  readonly final: boolean
  /** What went wrong then. */
  readonly message: string
}

const VERSION = 1
const MOST_INPUTS = 100

/** A file that is not what `saveInputs` writes. */
export class FuzzFileFault extends Fault {}

/** Where the inputs of a test are kept: `git.test.fuzz.json` for `git.test.ts`, a name that no look-up table can have. */
export function fuzzFileOf(test: string): string {
  return test.replace(/\.ts$/, '.fuzz.json')
}

/** The inputs that were saved for the router of this name. */
export async function savedInputs(file: string, router: string): Promise<readonly SavedInput[]> {
  return (await readAll(file)).get(router) ?? []
}

/** Keeps these inputs, and no others, for a router; without any the file goes. */
export async function saveInputs(file: string, router: string, inputs: readonly SavedInput[]): Promise<void> {
  const all = await readAll(file)
  if (inputs.length > 0) all.set(router, inputs.slice(-MOST_INPUTS))
  else if (!all.delete(router)) return
  if (all.size === 0) return rm(file, { force: true })
  const routers = Object.fromEntries([...all].map(([name, list]) => [name, list.map(toJson)]))
  const draft = `${file}.${process.pid}`
  await writeFile(draft, `${JSON.stringify({ version: VERSION, routers }, null, 2)}\n`)
  await rename(draft, file)
}

function toJson({ bytes, final, message }: SavedInput): object {
  return { bytes: Buffer.from(bytes).toString('latin1'), ...(final && { final }), message }
}

async function readAll(file: string): Promise<Map<string, readonly SavedInput[]>> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
  try {
    return parse(JSON.parse(text))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new FuzzFileFault(`${file} is not a file of saved inputs (${why}): put it right, or delete it`)
  }
}

function parse(value: unknown): Map<string, readonly SavedInput[]> {
  if (!isRecord(value) || value.version !== VERSION || !isRecord(value.routers))
    throw new Error(`expected { "version": ${VERSION}, "routers": {…} }`)
  return new Map(Object.entries(value.routers).map(([name, list]) => [name, parseList(name, list)]))
}

function parseList(router: string, list: unknown): SavedInput[] {
  if (!Array.isArray(list)) throw new Error(`the inputs of ${router} are a list`)
  return list.map((entry: unknown) => {
    if (!isRecord(entry) || typeof entry.bytes !== 'string' || !/^[\0-\xff]*$/.test(entry.bytes))
      throw new Error(`an input of ${router} has no "bytes" of one character a byte`)
    const message = typeof entry.message === 'string' ? entry.message : ''
    return { bytes: Buffer.from(entry.bytes, 'latin1'), final: entry.final === true, message }
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

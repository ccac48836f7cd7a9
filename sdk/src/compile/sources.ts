import { constants } from 'node:fs'
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises'
import { basename, join, posix, relative, sep } from 'node:path'
import { CompileFailure, diagnostic, printable } from './diagnostics.ts'
import { type LimitPlace, placeWords } from './limit-place.ts'

/** Everything of a router that a compiler gets to see. */
export interface Sources {
  /** The router file's key in `texts`. */
  readonly entry: string
  /** By path relative to the router's folder, with `/`. */
  readonly texts: ReadonlyMap<string, string>
  /** Files that are there and may not be imported, and why, as the end of `it …`. */
  readonly refused: ReadonlyMap<string, string>
  readonly subfolders: boolean
  /** Absolute paths that were tried. */
  readonly inputs: readonly string[]
}

interface Reading {
  readonly file: string
  readonly folder: string
  readonly subfolders: boolean
  readonly sourceBytes: number
  readonly where?: LimitPlace | undefined
}

const MOST_FILES = 64
// Names are part of compilers' messages, which are parsed: no quotes, brackets, colons or line ends in them.
const FILE_NAME = /^[\p{L}\p{N}\p{M}_.@+ -]+(?:\/[\p{L}\p{N}\p{M}_.@+ -]+)*\.ts$/u
const RELATIVE_LITERAL = /(['"`])(\.\.?\/[^'"`\\\r\n]{1,300}\.ts)\1/g

/** A file that may not be read; the message ends a sentence that begins with its name. */
class Refused extends Error {}

/**
 * Reads the router and each file of its folder that a string in them names, whether or not it is an import: what is not
 * imported is not used. Nothing outside the folder is read, whatever links stand in it.
 *
 * @throws CompileFailure when the router file itself cannot be read.
 */
export async function readSources(reading: Reading): Promise<Sources> {
  const entry = relative(reading.folder, reading.file).split(sep).join('/')
  if (entry.startsWith('..')) throw new Error(`${reading.file} is not in ${reading.folder}`)
  const texts = new Map<string, string>()
  const refused = new Map<string, string>()
  const inputs: string[] = []
  let left = reading.sourceBytes
  const folder = await realpath(reading.folder).catch((error: unknown) => {
    throw failure(reading.file, `the folder cannot be read: ${words(error)}`)
  })
  const pending = [entry]
  for (const path of pending) {
    inputs.push(join(reading.folder, path))
    try {
      if (inputs.length > MOST_FILES) throw new Refused(`is one file too many: a router may have ${MOST_FILES}`)
      const bytes = await readInside(folder, path, left, reading)
      left -= bytes.length
      texts.set(path, decode(bytes))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (path === entry) throw failure(reading.file, `the router ${error.message}`)
      if (error !== MISSING) refused.set(path, error.message)
      if (inputs.length > MOST_FILES) break
      continue
    }
    for (const next of named(path, texts.get(path) ?? '', reading.subfolders))
      if (!pending.includes(next)) pending.push(next)
  }
  return { entry, texts, refused, subfolders: reading.subfolders, inputs }
}

/** The paths inside the folder that string literals of a source name. */
function* named(from: string, text: string, subfolders: boolean): Generator<string> {
  for (const [, , specifier = ''] of text.matchAll(RELATIVE_LITERAL)) {
    const path = posix.normalize(posix.join(posix.dirname(from), specifier))
    if (path.startsWith('../') || !FILE_NAME.test(path)) continue
    if (subfolders || !path.includes('/')) yield path
  }
}

const MISSING = new Refused('does not exist')

async function readInside(folder: string, path: string, left: number, limit: Reading): Promise<Buffer> {
  if (!FILE_NAME.test(path))
    throw new Refused("has a name that is not allowed: letters, digits, spaces and _ . @ + -, and '.ts' at its end")
  // Opening must not wait for a FIFO's writer, make a terminal ours, or follow a link.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants
  const handle = await open(join(folder, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY).catch(refuse)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new Refused('is not a regular file')
    if ((await placeOf(handle, join(folder, path))) !== join(folder, path))
      throw new Refused("is a link, or in a folder that is one; links aren't followed")
    if (stats.size > left) throw tooLarge(limit, limit.sourceBytes - left + stats.size)
    return await readAtMost(handle, left, limit)
  } finally {
    await handle.close()
  }
}

/** The path of what was really opened. Without /proc it is what the path leads to now, which is weaker. */
async function placeOf(handle: FileHandle, path: string): Promise<string> {
  try {
    if (process.platform !== 'linux') return await realpath(path)
    // An editor has put a new file in its place since: this one was there, and is whole.
    return (await readlink(`/proc/self/fd/${handle.fd}`)).replace(/ \(deleted\)$/, '')
  } catch (error) {
    return refuse(error)
  }
}

async function readAtMost(handle: FileHandle, left: number, limit: Reading): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.min(65_536, left - length + 1))
    const { bytesRead } = await handle.read(chunk, 0, chunk.length).catch(refuse)
    if (bytesRead === 0) return Buffer.concat(chunks)
    length += bytesRead
    if (length > left) throw tooLarge(limit, limit.sourceBytes - left + length)
    chunks.push(chunk.subarray(0, bytesRead))
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refused('is not valid UTF-8')
  }
}

function tooLarge({ sourceBytes, where }: Reading, found: number): Refused {
  const limit = `${sourceBytes} bytes${placeWords('sourceBytes', where)}`
  const words = where === undefined ? '' : `; these have ${found} or more`
  return new Refused(`is too large: all files of a router together may have ${limit}${words}`)
}

function refuse(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') throw MISSING
  if (code === 'ELOOP') throw new Refused("is a link; links aren't followed")
  throw new Refused(`cannot be read: ${words(error)}`)
}

function words(error: unknown): string {
  if (!(error instanceof Error)) return 'for an unknown reason'
  return 'code' in error && typeof error.code === 'string' ? error.code : printable(error.message, 100)
}

function failure(file: string, text: string): CompileFailure {
  return new CompileFailure([diagnostic({ file: basename(file), line: 1, column: 1 }, text, undefined)], [file])
}

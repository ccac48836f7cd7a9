import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Comment,
  type Declaration,
  type DeclarationFile,
  readAbout,
  readDeclarations,
} from './read-declarations.ts'
import { emitTypes } from './types.ts'

const SOURCES = fileURLToPath(new URL('../sdk/src', import.meta.url))

/** What authors of routers and of their tests import. */
export const MODULES = [
  { name: 'router-sdk', entry: 'index' },
  { name: 'router-sdk/protocols', entry: 'protocols/index' },
  { name: 'router-sdk/testing', entry: 'testing/index' },
] as const

/** What a module exports from one of its files. */
export interface Group {
  /** The file's path without its ending. */
  readonly file: string
  readonly about: Comment | undefined
  readonly declarations: readonly Declaration[]
}

export interface Module {
  readonly name: string
  readonly about: Comment | undefined
  readonly groups: readonly Group[]
}

/** Everything that the SDK's modules for authors export, with its comments, read from its declarations. */
export async function readReference(): Promise<readonly Module[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sdk-reference-'))
  try {
    const entries = MODULES.map(({ entry }) => join(SOURCES, `${entry}.ts`))
    await emitTypes({ folder: SOURCES, entries, to: folder, paths: {} })
    const modules: Module[] = []
    for (const { name, entry } of MODULES) modules.push(await readModule(folder, name, entry))
    return modules
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function readModule(folder: string, name: string, entry: string): Promise<Module> {
  const { passedOn } = await readFileOf(folder, entry)
  const groups = new Map<string, Group>()
  for (const { from, names } of passedOn) {
    const file = join(dirname(entry), from).replace(/\.js$/, '')
    const found = await readFileOf(folder, file)
    const before = groups.get(file)?.declarations ?? []
    const exported = found.declarations.filter((each) => each.isExported && (names?.includes(each.name) ?? true))
    const missing = names?.filter((each) => !exported.some((declaration) => declaration.name === each)) ?? []
    if (missing.length > 0) throw new Error(`${file} does not declare ${missing.join(', ')}`)
    const declarations = [...before, ...exported].map((each) => withOwn(each, found.declarations))
    groups.set(file, { file, about: await aboutOf(file), declarations })
  }
  return { name, about: await aboutOf(entry), groups: [...groups.values()] }
}

async function aboutOf(file: string): Promise<Comment | undefined> {
  return readAbout(await readFile(join(SOURCES, `${file}.ts`), 'utf8'))
}

async function readFileOf(folder: string, file: string): Promise<DeclarationFile> {
  return readDeclarations(await readFile(join(folder, `${file}.d.ts`), 'utf8'))
}

/** A type that is put together of interfaces which only its own file knows has their members. */
function withOwn(declaration: Declaration, all: readonly Declaration[]): Declaration {
  if (declaration.kind !== 'type') return declaration
  const parts = all.filter(
    ({ kind, isExported, name }) => kind === 'interface' && !isExported && mentions(declaration.text, name),
  )
  const members = new Map(parts.flatMap((part) => part.members).map((member) => [member.name, member]))
  for (const part of parts.toReversed())
    for (const member of part.members) if (!isAbsent(member.text)) members.set(member.name, member)
  return { ...declaration, members: [...members.values()] }
}

function mentions(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text)
}

/** Whether a member only says that there is none: `noop?: never`. */
export function isAbsent(text: string): boolean {
  return text.endsWith('?: never')
}

/** Whether the only value of a field is in its type, such as `match: 'yes'`: it tells apart, and needs no words. */
export function isLabel(text: string): boolean {
  return /^readonly (?:match|kind): '[\w-]+'(?: \| '[\w-]+')*$/.test(text)
}

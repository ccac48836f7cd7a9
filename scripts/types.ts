import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const { resolve } = createRequire(import.meta.url)
const TSC = join(dirname(resolve('typescript/package.json')), 'bin', 'tsc')
const TIME = 60_000

export interface Types {
  /** The folder of the sources. */
  readonly folder: string
  readonly entries: readonly string[]
  readonly to: string
  /** Where the types of packages are, by their names. */
  readonly paths: Readonly<Record<string, string>>
}

/** Writes declarations of the entries, and of all that they are made of, below `to`. */
export async function emitTypes({ folder, entries, to, paths }: Types): Promise<void> {
  const options = {
    declaration: true,
    emitDeclarationOnly: true,
    noEmit: false,
    rootDir: folder,
    outDir: to,
    typeRoots: [join(dirname(resolve('@types/node/package.json')), '..')],
    paths: Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, [path]])),
  }
  const project = join(to, 'tsconfig.json')
  const config = { extends: resolve('../tsconfig.json'), include: [], files: entries }
  await writeFile(project, JSON.stringify({ ...config, compilerOptions: options }))
  try {
    await run(process.execPath, [TSC, '-p', project, '--pretty', 'false'], { timeout: TIME })
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : ''
    throw new Error(`no declarations of ${folder} could be made:\n${said}`, { cause: error })
  } finally {
    await rm(project, { force: true })
  }
  await renameImports(to)
}

/** Declarations import one another by the names of the modules that they declare, which every version of every tool knows. */
async function renameImports(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true })
  for (const name of names.filter((each) => each.endsWith('.d.ts'))) {
    const text = await readFile(join(folder, name), 'utf8')
    const changed = text.replace(/(?<=\b(?:from |import\()(['"])\.\.?\/[^'"]*)\.ts(?=\1)/g, '.js')
    await writeFile(join(folder, name), changed)
  }
}

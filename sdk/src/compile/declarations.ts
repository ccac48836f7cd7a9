import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runChecker } from './checker.ts'
import { SDK_MODULES } from './gate.ts'
import { type Made, made } from './kept.ts'
import { SDK_FOLDER } from './layout.ts'
import { inPrivateFolder } from './private-folder.ts'

const EMIT_TIME = 20_000

let emitted: Promise<ReadonlyMap<string, string>> | undefined

/**
 * The SDK's declarations by path (`index.d.ts`), made once per process: checking a router against them is a third faster
 * than against the sources, and what is stricter in a router's options than in ours cannot fail in them.
 */
export function sdkDeclarations(): Promise<ReadonlyMap<string, string>> {
  emitted ??= keptDeclarations().catch((error: unknown) => {
    emitted = undefined
    throw error
  })
  return emitted
}

async function keptDeclarations(): Promise<ReadonlyMap<string, string>> {
  return new Map(Object.entries(await made('declarations', emitDeclarations)))
}

/** The declarations of the SDK's modules for routers, by their paths. */
export async function emitDeclarations(): Promise<Made> {
  return inPrivateFolder(async (folder) => {
    const outDir = join(folder, 'out')
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config(outDir)))
    const { end } = await runChecker(folder, { owner: '', time: EMIT_TIME })
    const declarations = new Map<string, string>()
    for (const path of await declarationsBelow(outDir))
      declarations.set(path, await readFile(join(outDir, path), 'utf8'))
    // Errors in the SDK's own sources do not keep the declarations from being written.
    for (const path of SDK_MODULES.values())
      if (!declarations.has(declarationOf(path))) throw new Error(`no declarations of ${path} could be made (${end})`)
    return Object.fromEntries(declarations)
  })
}

function config(outDir: string): object {
  const compilerOptions = {
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: SDK_FOLDER,
    outDir,
    removeComments: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    target: 'esnext',
    lib: ['es2023'],
    module: 'esnext',
    moduleResolution: 'bundler',
    allowImportingTsExtensions: true,
  }
  return { compilerOptions, files: [...SDK_MODULES.values()].map((path) => join(SDK_FOLDER, path)) }
}

/** The name of the declarations of a source. */
export function declarationOf(path: string): string {
  return path.replace(/\.ts$/, '.d.ts')
}

async function declarationsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => [])
  return entries.map((path) => path.replaceAll('\\', '/')).filter((path) => path.endsWith('.d.ts'))
}

/** Writes texts below `folder` by their paths. */
export async function writeBelow(folder: string, texts: ReadonlyMap<string, string>): Promise<void> {
  const folders = new Set([...texts.keys()].map((path) => dirname(join(folder, path))))
  for (const needed of folders) await mkdir(needed, { recursive: true, mode: 0o700 })
  await Promise.all([...texts].map(([path, text]) => writeFile(join(folder, path), text, { mode: 0o600 })))
}

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { declarationOf, sdkDeclarations, writeBelow } from './declarations.ts'
import { SDK_MODULES } from './gate.ts'
import { inPrivateFolder } from './private-folder.ts'
import type { Sources } from './sources.ts'

/** What there is in the sandbox, and no more: no promises, proxies, timers, BigInt, or anything of Node or the web. */
const LIB = [
  'es5 es2015.core es2015.collection es2015.generator es2015.iterable es2015.symbol',
  'es2015.symbol.wellknown es2016.array.include es2017.object es2017.string es2018.regexp es2019.array',
  'es2019.object es2019.string es2020.string es2021.string es2022.array es2022.error es2022.object',
  'es2022.string es2023.array es2023.collection',
].flatMap((names) => names.split(' '))

const OPTIONS = {
  noEmit: true,
  strict: true,
  noImplicitReturns: true,
  skipLibCheck: true,
  // Nothing is read but `files`: an import of anything else is an error, whatever it leads to.
  noResolve: true,
  types: [],
  lib: LIB,
  target: 'esnext',
  module: 'esnext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  allowImportingTsExtensions: true,
}

/** Where the checker finds its files: names that a router cannot guess, and that are never used again. */
export interface Layout {
  readonly folder: string
  /**
   * Before the ending of each file's name. The checker looks for no file without it, so that an import such as '../../x.ts'
   * does not even find out whether there is one; what is not relative is caught by the `*` of `paths`.
   */
  readonly suffix: string
  /** The SDK's folder: it cannot be reached as '../…'. */
  readonly sdk: string
  /** The folder of each router; `default.ts` in the folder of the same name below the SDK's asks for its default export. */
  readonly routers: readonly string[]
}

/** Where the declarations of the SDK's parsers are, which are most of them. */
const PARSERS = 'protocols/'
/** Without this in its text a router cannot name their module: the word, or an escape that may stand for a letter of it. */
const MAY_NAME_PARSERS = /protocols|\\(?![rnt0'"`\\$])/

/** The file of ours that asks for a router's default export to be a router. */
export const DEFAULT_CHECK = 'default.ts'

/**
 * Writes a program for the checker, of one router or of several, and removes it however `work` ends. Routers of one program
 * cannot import one another, whose folders they cannot name; what else they could do to one another is `together.ts`' business.
 */
export async function inProgram<T>(routers: readonly Sources[], work: (layout: Layout) => Promise<T>): Promise<T> {
  const declarations = await declarationsFor(routers)
  return inPrivateFolder(async (folder) => {
    const secret = randomBytes(8).toString('hex')
    const names = routers.map(() => `router-${randomBytes(8).toString('hex')}`)
    const layout = { folder, suffix: `.${secret}`, sdk: `sdk-${secret}`, routers: names }
    const texts = new Map(placed(layout, layout.sdk, declarations))
    for (const [index, { entry, texts: own }] of routers.entries()) {
      const name = names[index] ?? ''
      const ours = new Map([[DEFAULT_CHECK, defaultCheck(name, entry)]])
      for (const [path, text] of placed(layout, name, own)) texts.set(path, text)
      for (const [path, text] of placed(layout, `${layout.sdk}/${name}`, ours)) texts.set(path, text)
    }
    await writeBelow(folder, texts)
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config(layout, [...texts.keys()])))
    await writeFile(join(folder, 'package.json'), '{}') // none is looked for above it
    return work(layout)
  })
}

/** Files cost more than what the checker does with these: parsers are left out of a program that cannot name them. */
async function declarationsFor(routers: readonly Sources[]): Promise<ReadonlyMap<string, string>> {
  const all = await sdkDeclarations()
  const texts = routers.flatMap((router) => [...router.texts.values()])
  if (texts.some((text) => MAY_NAME_PARSERS.test(text))) return all
  return new Map([...all].filter(([path]) => !path.startsWith(PARSERS)))
}

function config({ suffix, sdk }: Layout, files: string[]): object {
  const modules = [...SDK_MODULES].map(([name, path]) => [name, [`./${sdk}/${declarationOf(path)}`]])
  const paths = { ...Object.fromEntries(modules), '*': ['./none.ts'] }
  return { compilerOptions: { ...OPTIONS, moduleSuffixes: [suffix], paths }, files }
}

/** Texts by where the checker finds them. */
export function placed({ suffix }: Layout, folder: string, texts: ReadonlyMap<string, string>): [string, string][] {
  return [...texts].map(([path, text]) => [`${folder}/${path.replace(/(?:\.d)?\.ts$/, `${suffix}$&`)}`, text])
}

/** A file of ours; an error in it has no place in the author's. */
function defaultCheck(name: string, entry: string): string {
  return [
    `import router from ${JSON.stringify(`../../${name}/${entry}`)}`,
    "import type { RouterDefinition } from 'router-sdk'",
    'export const checked: RouterDefinition = router',
  ].join('\n')
}

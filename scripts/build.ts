/**
 * `npm run build [folder]`: makes the packages router-sdk and pointsman, ready for `npm pack`, below `build/` or the named
 * folder. Node strips no types from what is installed, so each module is compiled to one of JavaScript in the same place:
 * what finds a file by its own place finds it there too, and a stack trace names the module that it did in the sources.
 */
import { chmod, copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleSdk } from '../sdk/src/compile/bundle.ts'
import { emitDeclarations } from '../sdk/src/compile/declarations.ts'
import type { Made, MadeName } from '../sdk/src/compile/kept.ts'
import { stopService } from '../sdk/src/compile/service.ts'
import { bundleHost } from '../sdk/src/sandbox/host-program.ts'
import { type Manifest, packageManifest, readManifest, typedEntries } from './manifest.ts'
import { compileModules } from './modules.ts'
import { emitTypes } from './types.ts'

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..')
const WRAPPER = 'compile/esbuild-bounded.sh'

const MADE = {
  modules: bundleSdk,
  declarations: emitDeclarations,
  host: bundleHost,
} satisfies Record<MadeName, () => Promise<Made>>

const out = resolve(process.argv[2] ?? join(REPOSITORY, 'build'))
const sdk = { from: join(REPOSITORY, 'sdk'), readme: 'sdk/README.md', to: join(out, 'router-sdk') }
// The repository's own README is for those who have the repository.
const pointsman = { from: REPOSITORY, readme: 'scripts/pointsman.README.md', to: join(out, 'pointsman') }

try {
  const manifest = await buildPackage(sdk, {})
  await buildSdkFiles()
  await buildPackage(pointsman, typesOf(manifest))
  await cp(join(REPOSITORY, 'docs'), join(pointsman.to, 'docs'), { recursive: true })
} finally {
  await stopService()
}

interface Package {
  readonly from: string
  /** In the repository. */
  readonly readme: string
  readonly to: string
}

/** `paths`: where the types of other packages are, by the names by which they are imported. */
async function buildPackage({ from, readme, to }: Package, paths: Readonly<Record<string, string>>): Promise<Manifest> {
  await rm(to, { recursive: true, force: true })
  await mkdir(to, { recursive: true })
  const source = await readManifest(from)
  const manifest = packageManifest(source, from)
  await writeFile(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  await compileModules(join(from, 'src'), join(to, 'dist'))
  await emitTypes({ folder: join(from, 'src'), entries: typedEntries(source, from), to: join(to, 'dist'), paths })
  await cp(join(from, 'bin'), join(to, 'bin'), { recursive: true })
  await copyFile(join(REPOSITORY, readme), join(to, 'README.md'))
  await copyFile(join(REPOSITORY, 'LICENSE'), join(to, 'LICENSE'))
  return manifest
}

/** What the SDK has beside its modules: what it would otherwise make of its sources, and a script. */
async function buildSdkFiles(): Promise<void> {
  const dist = join(sdk.to, 'dist')
  await mkdir(join(dist, 'made'))
  for (const [name, make] of Object.entries(MADE))
    await writeFile(join(dist, 'made', `${name}.json`), JSON.stringify(await make()))
  await copyFile(join(sdk.from, 'src', WRAPPER), join(dist, WRAPPER))
  await chmod(join(dist, WRAPPER), 0o755)
}

function typesOf({ name, exports }: Manifest): Record<string, string> {
  const typed = Object.entries(exports).flatMap(([entry, target]) =>
    typeof target === 'string' ? [] : [[name + entry.slice(1), join(sdk.to, target.types)]],
  )
  return Object.fromEntries(typed)
}

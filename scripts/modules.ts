import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** Each module stays one of its own; only the endings of the names by which they import one another change. */
const renamed: Plugin = {
  name: 'renamed',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) => {
      if (kind === 'entry-point') return undefined
      return { external: true, path: /^\.\.?\//.test(path) ? path.replace(/\.ts$/, '.js') : path }
    })
  },
}

/** Compiles every module below `from` to one of JavaScript at the same place below `to`. */
export async function compileModules(from: string, to: string): Promise<void> {
  const names = await readdir(from, { recursive: true })
  await build({
    entryPoints: names.filter((name) => name.endsWith('.ts')).map((name) => join(from, name)),
    bundle: true, // without it no plugin is asked about imports
    outbase: from,
    outdir: to,
    absWorkingDir: from,
    format: 'esm',
    platform: 'node',
    target: 'esnext', // Node's own syntax stays as it is written
    charset: 'utf8',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    plugins: [renamed],
    logLevel: 'warning',
  })
}

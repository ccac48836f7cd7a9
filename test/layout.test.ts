import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Every source file of a folder with the module names that it imports, by any kind of import. */
function imports(folder: string): { file: string; modules: string[] }[] {
  const names = readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const text = readFileSync(join(REPOSITORY, folder, name), 'utf8')
      const found = text.matchAll(
        /(?:\bfrom\s|\bimport\s*\(?\s*|require\w*(?:\([^)]*\))?\(|getBuiltinModule\()\s*'([^']+)'/g,
      )
      return {
        file: relative(REPOSITORY, join(REPOSITORY, folder, name)),
        modules: [...found].map(([, module]) => module ?? ''),
      }
    })
}

function importersOf(module: string, ...folders: string[]): string[] {
  return folders
    .flatMap(imports)
    .filter(({ modules }) => modules.includes(module))
    .map(({ file }) => file)
}

it('the SDK imports nothing of the proxy', () => {
  for (const { file, modules } of imports('sdk/src'))
    for (const module of modules)
      assert.ok(!/(^|\/)\.\.\/\.\.\/src\/|^pointsman/.test(module), `${file} imports ${module}`)
})

it('what runs inside the sandbox imports nothing of Node', () => {
  const inside = imports('sdk/src').filter(({ file }) => /^sdk\/src\/(protocols\/)?[^/]+\.ts$/.test(file))
  assert.ok(inside.length > 10)
  const outsideOnly = ['sdk/src/decision.ts', 'sdk/src/record.ts']
  for (const { file, modules } of inside)
    for (const module of modules)
      assert.ok(
        module.startsWith('./') || module.startsWith('../') || outsideOnly.includes(file),
        `${file} imports ${module}`,
      )
})

for (const [module, file, folders] of [
  ['isolated-vm', 'sdk/src/sandbox/isolate.ts', ['src', 'sdk/src']],
  ['esbuild', 'sdk/src/compile/service.ts', ['src', 'sdk/src']],
  ['node:ffi', 'src/transport/system-calls.ts', ['src']],
  ['node:ffi', 'sdk/src/sandbox/libc.ts', ['sdk/src']],
] as const)
  it(`of ${folders.join(' and ')}, only ${file} imports ${module}`, () => {
    assert.deepEqual(importersOf(module, ...folders), [file])
  })

it('no process that holds connections or answers to the operator has the engine of isolates or a compiler', () => {
  const loads = (entry: string): string[] => {
    const words = ['--import', join(REPOSITORY, 'test/kit/loaded-modules.ts'), join(REPOSITORY, entry)]
    return JSON.parse(spawnSync(process.execPath, ['--no-warnings', ...words], { encoding: 'utf8' }).stdout)
  }
  const [worker, supervisor] = [loads('src/worker/worker.ts'), loads('src/serve.ts')]
  assert.ok(worker.length > 100 && supervisor.length > 100)
  const having = (urls: string[], what: RegExp) => urls.filter((url) => what.test(url))
  const neither = /isolated-vm|src\/sandbox\/isolate|esbuild|typescript|src\/compile\/(index|bundle|checker|service)/
  assert.deepEqual(having(supervisor, neither), [])
  assert.deepEqual(having(worker, neither), [])
  assert.deepEqual(having(worker, /node_modules\/zod/), [])
})

it('the compiler knows of the proxy only what they say to each other: it imports the SDK and files of its own folder', () => {
  for (const { file, modules } of imports('src/compiler'))
    for (const module of modules) assert.ok(/^router-sdk\/|^\.\/[^/]+\.ts$/.test(module), `${file} imports ${module}`)
})

it('bytes and sockets know nothing of routers: the transport imports only itself', () => {
  for (const { file, modules } of imports('src/transport'))
    for (const module of modules)
      assert.ok(
        /^node:/.test(module) || join(dirname(file), module).startsWith('src/transport/'),
        `${file} imports ${module}`,
      )
})

it('the worker has no socket but through the transport', () => {
  for (const { file } of imports('src/worker')) {
    const text = readFileSync(join(REPOSITORY, file), 'utf8')
    for (const [, names = ''] of text.matchAll(/import \{([^}]*)\} from 'node:(?:net|tls|dgram|http)'/g))
      assert.match(names.trim(), /^isIP(v[46])?(, isIP(v[46])?)*$/, `${file} imports ${names}`)
  }
})

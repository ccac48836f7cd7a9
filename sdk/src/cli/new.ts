import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { makeFolder } from '../compile/make-folder.ts'
import { isName, NAME_RULE } from '../router-file.ts'
import { shown, UsageError } from './files.ts'
import { ownVersion } from './own-version.ts'
import { type Protocol, type Template, templateOf } from './templates.ts'
import type { Terminal } from './terminal.ts'

export interface NewOptions {
  readonly protocol: Protocol
}

/** `router-sdk new`: a router with tests that pass, and what an editor needs. Nothing that exists is written over. */
export async function newRouter(named: string, { protocol }: NewOptions, terminal: Terminal): Promise<number> {
  const folder = resolve(named, '..')
  const name = resolve(named).slice(folder.length).replace(/^\//, '').replace(/\.ts$/, '')
  if (!isName(name)) throw new UsageError(`${JSON.stringify(name)} cannot name a router: ${NAME_RULE}`)
  const template = templateOf(protocol)
  const own = [
    { path: join(folder, `${name}.ts`), text: routerText(template, protocol) },
    { path: join(folder, `${name}.test.ts`), text: testText(template, name) },
  ]
  const shared = [
    { path: join(folder, 'tsconfig.json'), text: `${JSON.stringify(TSCONFIG, null, 2)}\n` },
    { path: join(folder, 'package.json'), text: `${JSON.stringify(packageJson(), null, 2)}\n` },
  ]
  const there = own.find(({ path }) => existsSync(path))
  if (there !== undefined) throw new UsageError(`${shown(there.path)} exists and is not written over`)
  try {
    makeFolder(folder, 0o777)
    for (const { path, text } of [...own, ...shared.filter((file) => !existsSync(file.path))]) {
      // `wx`: one that has come since is not written over either.
      await writeFile(path, text, { flag: 'wx' })
      terminal.line(`${terminal.style('green', '+')} ${shown(path)}`)
    }
  } catch (error) {
    throw new UsageError(`${named} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
  terminal.line(`\nNext: edit ${shown(own[0]?.path ?? '')}, and run \`router-sdk test\``)
  return 0
}

function routerText({ parser, port, refuse, answer }: Template, protocol: Protocol): string {
  const imports = protocol === 'socks4' ? `socks4Reply, ${parser}` : parser
  return `import { defineRouter } from 'router-sdk'
import { ${imports} } from 'router-sdk/protocols'

export default defineRouter({
  listen: ${port},
  route(conn) {
    const found = ${parser}(conn.bytes)
    if (found.match === 'need-more') return { noop: true, atLeast: found.atLeast }
    if (found.match === 'no') return ${refuse}
    return ${answer}
  },
})
`
}

function testText({ builder, tests }: Template, name: string): string {
  return `import { ${builder}, routerTest } from 'router-sdk/testing'

routerTest('./${name}.ts', ({ given }) => {
${tests.map((test) => `  ${test}`).join('\n')}
})
`
}

/** For editors: what is checked, and how, when a router is served does not depend on it. */
const TSCONFIG = {
  compilerOptions: {
    target: 'esnext',
    module: 'nodenext',
    lib: ['es2023'],
    types: [],
    strict: true,
    noEmit: true,
    noImplicitReturns: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
  include: ['**/*.ts'],
}

function packageJson(): object {
  return {
    private: true,
    type: 'module',
    scripts: { check: 'router-sdk check', test: 'router-sdk test' },
    devDependencies: { 'router-sdk': ownVersion() },
  }
}

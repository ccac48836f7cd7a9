import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { after, test } from 'node:test'
import { type CompiledRouter, CompileFailure, closeCompiler, compileRouter } from 'router-sdk/compile'
import { complaintsOf, Folder, failureOf, GOOD } from './folder.ts'

after(closeCompiler)

const SECRET = 'swordfish-31337'
const SECRET_MODULE = `export const secret = '${SECRET}' as const\nexport type Secret = '${SECRET}'\nexport default secret\n`

/** A folder with secrets wherever a router might look for them. */
function withSecrets(): Folder {
  const folder = new Folder()
  writeFileSync(join(folder.above, 'secret.ts'), SECRET_MODULE)
  writeFileSync(join(folder.above, 'secret.json'), JSON.stringify({ secret: SECRET }))
  mkdirSync(join(folder.above, 'outside'))
  writeFileSync(join(folder.above, 'outside', 'x.ts'), SECRET_MODULE)
  const map = {
    version: 3,
    sources: [`router:${SECRET}`],
    names: [SECRET],
    mappings: 'AAAAA',
    sourcesContent: [SECRET],
  }
  writeFileSync(join(folder.above, 'secret.map'), JSON.stringify(map))
  folder.write('data.json', JSON.stringify({ secret: SECRET }))
  folder.write('text.txt', SECRET)
  folder.write('other/secret.ts', SECRET_MODULE)
  folder.write('node_modules/leak/package.json', '{"name":"leak","main":"i.ts","types":"i.ts","exports":"./i.ts"}')
  folder.write('node_modules/leak/i.ts', SECRET_MODULE)
  folder.write('node_modules/@types/leak2/index.d.ts', `declare const leaked: '${SECRET}'`)
  folder.write('node_modules/router-sdk/index.ts', SECRET_MODULE)
  folder.write('node_modules/router-sdk/package.json', '{"name":"router-sdk","exports":"./index.ts"}')
  folder.write(
    'package.json',
    '{"imports":{"#leak":"./node_modules/leak/i.ts"},"browser":{"./lib.ts":"./other/secret.ts"}}',
  )
  const config = {
    compilerOptions: { paths: { '*': [join(folder.above, '*.ts')] }, typeRoots: ['node_modules/@types'] },
  }
  folder.write('tsconfig.json', JSON.stringify({ extends: '../secret.json', ...config }))
  folder.write('lib.ts', 'export const lib = 1\nexport type Lib = 1\n')
  symlinkSync(join(folder.above, 'secret.ts'), join(folder.path, 'link.ts'))
  symlinkSync('lib.ts', join(folder.path, 'inner.ts'))
  symlinkSync(join(folder.above, 'outside'), join(folder.path, 'sub'))
  symlinkSync('/proc/self', join(folder.path, 'self'))
  symlinkSync('/proc/self/environ', join(folder.path, 'environ.ts'))
  return folder
}

/** Everything that a compilation lets out: the bundle and its map, or the errors with their frames. */
async function outputOf(compiling: Promise<CompiledRouter>): Promise<string> {
  try {
    return JSON.stringify(await compiling)
  } catch (error) {
    if (error instanceof CompileFailure) return JSON.stringify([error.message, error.diagnostics, error.inputs])
    throw error
  }
}

const ATTEMPTS = (above: string): string[] => [
  `import s from '${above}/secret.ts'; throw s`,
  `import type { Secret } from '${above}/secret.ts'; const s: Secret = 1; s`,
  `type S = import('${above}/secret.ts').Secret; const s: S = 1; s`,
  `import s from '${above}/secret.json'; throw s`,
  `import s from '${above}/secret.json' with { type: 'json' }; throw s`,
  `import s from '${above}/secret.json' with { type: 'text' }; throw s`,
  `import s from '${above}/secret.json' with { type: 'file' }; throw s`,
  "import s from '../secret.ts'; throw s",
  "import type { Secret } from '../secret.ts'; const s: Secret = 1; s",
  "import s from './../routers/../secret.ts'; throw s",
  "import s from './\\u002e./secret.ts'; throw s",
  "import s from './link.ts'; throw s",
  "import type { Secret } from './link.ts'; const s: Secret = 1; s",
  "import s from './sub/x.ts'; throw s",
  "import type { Secret } from './sub/x.ts'; const s: Secret = 1; s",
  "import s from './environ.ts'; throw s",
  "import s from './self/environ.ts'; throw s",
  "import s from '/proc/self/environ'; throw s",
  "import s from '/proc/self/environ' with { type: 'text' }; throw s",
  "import s from './data.json'; throw s",
  "import s from './data.json' with { type: 'json' }; const t: number = s.secret; t",
  "import s from './text.txt' with { type: 'text' }; throw s",
  "import s from 'leak'; throw s",
  "import type { Secret } from 'leak'; const s: Secret = 1; s",
  "import s from '#leak'; throw s",
  "import s from './node_modules/leak/i.ts'; throw s",
  "import s from './node_modules/leak'; throw s",
  "import { lib } from './lib.ts'; throw lib",
  "import { secret } from 'router-sdk'; throw secret",
  "import s from 'secret'; throw s",
  `/// <reference path="../secret.ts" />\nsecret`,
  `/// <reference path="${above}/secret.ts" />\nimport s = require('${above}/secret.ts')`,
  '/// <reference types="leak2" />\nconst s: number = leaked; s',
  '/// <reference types="./node_modules/@types/leak2" />\nconst s: number = leaked; s',
  `/// <amd-dependency path="${above}/secret.ts" />\n`,
  `declare module '${above}/secret.ts' { export const more: 1 }\n`,
  `import s = require('../secret.ts'); throw s`,
  `const s = require('../secret.json'); throw s`,
  `import('../secret.ts')`,
  `new URL('../secret.ts', import.meta.url)`,
  `//# sourceMappingURL=../secret.json`,
  `//# sourceMappingURL=file://${above}/secret.map`,
  `//@ sourceMappingURL=file://localhost${above}/secret.map`,
  `/*# sourceMappingURL=file://${above}/secret.map */`,
  `//# sourceMappingURL=${above}/secret.map`,
  `/*#\tsourceMappingURL=file://${above}/secret.map */`,
  `//# sourceMappingURL=file://${above}/secret.json\n//@ sourceMappingURL=data.json`,
  `/** @jsx s @jsxImportSource ../secret */\nimport { lib } from './lib.ts'; lib`,
  `// @ts-nocheck\nimport type { Secret } from '../secret.ts'; import s from './link.ts'; s`,
  `import s from 'file://${above}/secret.ts'; throw s`,
  `import s from 'data:application/json,{"a":1}'; throw s`,
  `import s from '\\0'; throw s`,
  `export * from '../secret.ts'`,
  `export { secret } from './link.ts'`,
]

test('no way of naming a file gets anything but the SDK and files of the folder into a bundle or an error', async () => {
  using folder = withSecrets()
  process.env.SECRET_OF_THE_TEST = SECRET
  try {
    for (const attempt of ATTEMPTS(folder.above))
      for (const subfolders of [false, true]) {
        const last = attempt.includes('sourceMappingURL')
        folder.write('r.ts', last ? `${GOOD}\n${attempt}` : `${attempt}\n${GOOD}`)
        const output = await outputOf(folder.compile({ subfolders }))
        // With subfolders, ./node_modules/leak/i.ts is one of the router's own files.
        const own = subfolders && attempt.includes("'./node_modules/leak/i.ts'")
        assert.equal(output.includes(SECRET), own, `${attempt}\n${output}`)
      }
  } finally {
    delete process.env.SECRET_OF_THE_TEST
  }
})

test('not even whether a file exists can be found out', async () => {
  using folder = new Folder()
  const endings = [
    '.ts',
    '.tsx',
    '.js',
    '.jsx',
    '.mjs',
    '.cjs',
    '.mts',
    '.d.ts',
    '.json',
    '.css',
    '.d.css.ts',
    '/package.json',
  ]
  for (const ending of endings) {
    mkdirSync(dirname(join(folder.above, `here${ending}`)), { recursive: true })
    writeFileSync(join(folder.above, `here${ending}`), '{"types":"i.ts"}')
  }
  const lines = endings.flatMap((ending) =>
    [
      `${folder.above}/NAME${ending}`,
      `../NAME${ending}`,
      `${folder.above}/NAME`,
      '../NAME',
      '../sub/../NAME.js',
    ].flatMap((path) => [
      `import type {} from '${path}'`,
      `import { type A } from '${path}'`,
      `type B = typeof import('${path}')`,
    ]),
  )
  const found = []
  for (const name of ['here', 'gone']) {
    const source = `${lines.map((line) => line.replace('NAME', name)).join('\n')}\n${GOOD}`
    folder.write('r.ts', source)
    found.push((await complaintsOf(folder.compile())).map((one) => one.replaceAll(name, 'NAME')))
  }
  assert.ok((found[0]?.length ?? 0) >= 50)
  assert.deepEqual(found[0], found[1])
  assert.ok(found[0]?.every((one) => one.includes('a router may import router-sdk') || one.includes('Duplicate')))
})

test('a comment that names a source map is refused where it stands', async () => {
  using folder = new Folder({ 'r.ts': `${GOOD}  //# sourceMappingURL=file:///dev/null` })
  assert.deepEqual(await complaintsOf(folder.compile()), [
    "r.ts:10:5: 'sourceMappingURL' is not available in a router: its files are its sources",
  ])
})

test('what is wrong with a file that may not be read is said at its import', async () => {
  using folder = withSecrets()
  const lines = ['./link.ts', './inner.ts', './sub/x.ts', './environ.ts', './dir.ts', './pipe.ts', './bad.ts']
  mkdirSync(join(folder.path, 'dir.ts'))
  execFileSync('mkfifo', [join(folder.path, 'pipe.ts')])
  folder.write('bad.ts', Buffer.from([0x2f, 0x2f, 0xff, 0xfe]))
  folder.write('r.ts', `${lines.map((line) => `import '${line}'`).join('\n')}\n${GOOD}`)
  const ends = '; a router may import router-sdk, router-sdk/protocols and .ts files of its own folder'
  assert.deepEqual(await complaintsOf(folder.compile({ subfolders: true })), [
    `r.ts:1:8: cannot import './link.ts': it is a link; links aren't followed${ends}`,
    `r.ts:2:8: cannot import './inner.ts': it is a link; links aren't followed${ends}`,
    `r.ts:3:8: cannot import './sub/x.ts': it is a link, or in a folder that is one; links aren't followed${ends}`,
    `r.ts:4:8: cannot import './environ.ts': it is a link; links aren't followed${ends}`,
    `r.ts:5:8: cannot import './dir.ts': it is not a regular file${ends}`,
    `r.ts:6:8: cannot import './pipe.ts': it is not a regular file${ends}`,
    `r.ts:7:8: cannot import './bad.ts': it is not valid UTF-8${ends}`,
  ])
})

test('a router file that cannot be read is one diagnostic, at its first line', async () => {
  using folder = withSecrets()
  execFileSync('mkfifo', [join(folder.path, 'pipe.ts')])
  folder.write('bad.ts', Buffer.from([0xc3, 0x28]))
  folder.write('large.ts', 'x'.repeat(5000))
  folder.write('a(1,2).ts', GOOD)
  const expected: Record<string, string> = {
    'gone.ts': 'the router does not exist',
    'link.ts': "the router is a link; links aren't followed",
    'pipe.ts': 'the router is not a regular file',
    'bad.ts': 'the router is not valid UTF-8',
    'large.ts': 'the router is too large: all files of a router together may have 4096 bytes',
    'a(1,2).ts':
      "the router has a name that is not allowed: letters, digits, spaces and _ . @ + -, and '.ts' at its end",
  }
  for (const [file, words] of Object.entries(expected)) {
    const failure = await failureOf(folder.compile({ file, sourceBytes: 4096 }))
    assert.deepEqual(failure.diagnostics, [{ file, line: 1, column: 1, text: words, frame: '' }])
    assert.deepEqual(failure.inputs, [join(folder.path, file)])
  }
})

test('an endless file ends at the limit', async () => {
  using folder = new Folder({ 'r.ts': `import './zero.ts'\n${GOOD}` })
  execFileSync('truncate', ['-s', '100G', join(folder.path, 'zero.ts')])
  const [found] = await complaintsOf(folder.compile())
  assert.match(found ?? '', /it is too large: all files of a router together may have 262144 bytes/)
})

test('the limit counts all files together', async () => {
  using folder = new Folder({ 'r.ts': `import './a.ts'\nimport './b.ts'\n${GOOD}` })
  for (const name of ['a.ts', 'b.ts']) folder.write(name, `export {}${' '.repeat(1500)}`)
  const found = await complaintsOf(folder.compile({ sourceBytes: 3000 }))
  assert.equal(found.length, 1)
  assert.match(found[0] ?? '', /^r\.ts:2:8: cannot import '\.\/b\.ts': it is too large/)
})

test('a router has 64 files and no more', async () => {
  using folder = new Folder()
  const names = Array.from({ length: 70 }, (_, i) => `f${i}.ts`)
  for (const name of names) folder.write(name, 'export {}')
  folder.write('r.ts', `${names.map((name) => `import './${name}'`).join('\n')}\n${GOOD}`)
  const { diagnostics, inputs } = await failureOf(folder.compile())
  assert.match(diagnostics[0]?.text ?? '', /f63\.ts': it is one file too many: a router may have 64/)
  assert.equal(diagnostics.length, 7)
  assert.equal(inputs.length, 65)
})

test('a file that is replaced again and again while it is read is read whole, from inside the folder', async () => {
  using folder = new Folder({
    'r.ts': `import { lib } from './lib.ts'\nvoid lib\n${GOOD}`,
    'lib.ts': "export const lib = 'a'",
  })
  let stop = false
  const replacing = (async () => {
    for (let i = 0; !stop; i++) {
      folder.write('next.ts', `export const lib = '${'ab'[i % 2]}'`)
      renameSync(join(folder.path, 'next.ts'), join(folder.path, 'lib.ts'))
      await new Promise(setImmediate)
    }
  })()
  try {
    for (let i = 0; i < 10; i++) await folder.compile()
  } finally {
    stop = true
    await replacing
  }
})

test('a file that becomes a link while it is read gives nothing away', async () => {
  using folder = withSecrets()
  folder.write('r.ts', `import { secret } from './flip.ts'\nthrow secret\n${GOOD}`)
  let stop = false
  const flipping = (async () => {
    for (let i = 0; !stop; i++) {
      const next = join(folder.path, 'next')
      if (i % 2 === 0) symlinkSync(join(folder.above, 'secret.ts'), next)
      else writeFileSync(next, "export const secret = 'public'")
      renameSync(next, join(folder.path, 'flip.ts'))
      await new Promise(setImmediate)
    }
  })()
  try {
    for (let i = 0; i < 20; i++) assert.ok(!(await outputOf(folder.compile())).includes(SECRET))
  } finally {
    stop = true
    await flipping
  }
})

test('the paths that were looked at are given, missing ones too', async () => {
  using folder = new Folder({
    'r.ts': `import './lib.ts'\nconst name = './none.ts'\nvoid name\n${GOOD}`,
    'lib.ts': 'export {}',
  })
  const { inputs } = await folder.compile()
  assert.deepEqual(
    [...inputs].sort(),
    ['lib.ts', 'none.ts', 'r.ts'].map((name) => join(folder.path, name)),
  )
})

test('a folder that is reached through a link is the folder to which it leads', async () => {
  using folder = new Folder({ 'real/r.ts': `import './lib.ts'\n${GOOD}`, 'real/lib.ts': 'export {}' })
  symlinkSync('real', join(folder.path, 'current'))
  const path = join(folder.path, 'current')
  const limits = { sourceBytes: 10_000, compileTime: 10_000 }
  await compileRouter({ file: join(path, 'r.ts'), folder: path, subfolders: false, limits })
  await assert.rejects(
    compileRouter({ file: join(folder.path, 'r.ts'), folder: path, subfolders: false, limits }),
    (error) => !(error instanceof CompileFailure) && /r\.ts is not in /.test(String(error)),
  )
  linkSync(join(folder.path, 'real/lib.ts'), join(folder.path, 'real/hard.ts'))
  unlinkSync(join(folder.path, 'real/hard.ts'))
})

test('files of subfolders import each other, and above themselves inside the folder', async () => {
  using folder = new Folder({
    'r.ts': `import { a } from './x/a.ts'\nvoid a\n${GOOD}`,
    'x/a.ts': "import type { B } from './y/b.ts'\nimport { top } from '../top.ts'\nexport const a: B = top",
    'x/y/b.ts': 'export type B = number',
    'top.ts': 'export const top = 5',
  })
  await folder.compile({ subfolders: true })
  folder.write('x/y/b.ts', 'export type B = string')
  assert.deepEqual(await complaintsOf(folder.compile({ subfolders: true })), [
    "x/a.ts:3:14: Type 'number' is not assignable to type 'string'. (TS2322)",
  ])
})

/** Two tenants beside each other below the operator's routers, and one whose place is elsewhere; each has secrets. */
function neighbours(): { folder: Folder; places: Record<'acme' | 'other' | 'elsewhere', string> } {
  const folder = new Folder()
  const places = {
    acme: join(folder.path, 'acme'),
    other: join(folder.path, 'other'),
    elsewhere: join(folder.above, 'places', 'elsewhere'),
  }
  for (const place of [folder.path, ...Object.values(places)]) {
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'secret.ts'), SECRET_MODULE)
    writeFileSync(join(place, 'secret.d.ts'), `declare const leaked: '${SECRET}'`)
    writeFileSync(join(place, 'r.homes.json'), JSON.stringify({ secret: SECRET }))
    writeFileSync(join(place, 'r.homes.csv'), SECRET)
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ include: ['../**/*.ts', '/**/secret.ts'] }))
    writeFileSync(join(place, 'package.json'), JSON.stringify({ imports: { '#x': '../other/secret.ts' } }))
  }
  return { folder, places }
}

test("nothing of another tenant's folder is read, nor of the operator's, the proxy's or the system's", async () => {
  const { folder, places } = neighbours()
  using _folder = folder
  for (const mine of Object.values(places)) {
    // Its own secrets are its own: what it tries to reach is everything else.
    for (const name of ['secret.ts', 'secret.d.ts', 'r.homes.json', 'r.homes.csv']) unlinkSync(join(mine, name))
    const theirs = [folder.path, ...Object.values(places).filter((place) => place !== mine)]
    const paths = theirs.flatMap((place) => [place, relative(mine, place), `./${relative(mine, place)}`])
    const links = theirs.map((place, index) => {
      symlinkSync(place, join(mine, `linked${index}`))
      return `./linked${index}`
    })
    const statements = [...paths, ...links].flatMap((path) => [
      `import NAME from '${path}/secret.ts'; throw NAME`,
      `import type { Secret as NAME } from '${path}/secret.ts'; export const xNAME: NAME = 1`,
      `export const NAME: typeof import('${path}/secret.ts').secret = 1`,
      `import NAME from '${path}/r.homes.json' with { type: 'json' }; throw NAME`,
      `import NAME from '${path}/r.homes.csv' with { type: 'text' }; throw NAME`,
      `/// <reference path="${path}/secret.d.ts" />\nexport const NAME: number = leaked`,
    ])
    statements.push(
      "import NAME from '#x'; throw NAME",
      "import NAME from '/etc/passwd' with { type: 'text' }; throw NAME",
      "import NAME from '../../../../../../../../etc/passwd'; throw NAME",
      "import NAME from '/proc/self/environ.ts'; throw NAME",
      `import NAME from '/proc/${process.pid}/cwd/package.json' with { type: 'json' }; throw NAME`,
    )
    const limits = { sourceBytes: 262_144, compileTime: 10_000 }
    const options = { file: join(mine, 'r.ts'), folder: mine, subfolders: true, limits }
    // A few in one file: each has its error. By themselves types are checked of what is only a type.
    const onlyTypes = statements.filter((statement) => !/^import NAME/.test(statement))
    const values = statements.filter((statement) => /^import NAME/.test(statement))
    for (const some of [onlyTypes, values]) {
      const named = some.map((statement, index) => statement.replaceAll('NAME', `n${index}`))
      for (let from = 0; from < named.length; from += 40) {
        const part = named.slice(from, from + 40)
        writeFileSync(join(mine, 'r.ts'), `${part.join('\n')}\n${GOOD}`)
        const { diagnostics, inputs, message } = await failureOf(compileRouter(options))
        assert.ok(diagnostics.length >= part.length, `${diagnostics.length} complaints of ${part.length}`)
        assert.ok(!JSON.stringify([diagnostics, message]).includes(SECRET))
        for (const input of inputs) assert.ok(input.startsWith(`${mine}/`), input)
      }
    }
    for (const place of theirs) {
      writeFileSync(join(mine, 'r.ts'), `${GOOD}\n//# sourceMappingURL=${relative(mine, place)}/r.homes.json`)
      assert.match((await complaintsOf(compileRouter(options)))[0] ?? '', /'sourceMappingURL' is not available/)
    }
    for (const index of links.keys()) unlinkSync(join(mine, `linked${index}`))
  }
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeCompiler } from 'router-sdk/compile'
import { complaintsOf, Folder, failureOf, GOOD } from './folder.ts'

after(closeCompiler)

const ALLOWED = 'a router may import router-sdk, router-sdk/protocols and .ts files of its own folder'

/** Compiles `lines` before a good router, and gives what is said about them. */
async function complaints(lines: string, more: Readonly<Record<string, string>> = {}): Promise<string[]> {
  using folder = new Folder({ ...more, 'r.ts': `${lines}\n${GOOD}` })
  return await complaintsOf(folder.compile())
}

const IMPORTS: [title: string, source: string, complaint: string][] = [
  ['a module of Node', "import fs from 'node:fs'; fs", `1:16: cannot import 'node:fs': ${ALLOWED}`],
  ['a bare module of Node', "import { readFileSync } from 'fs'; readFileSync", `1:30: cannot import 'fs': ${ALLOWED}`],
  ['a package', "export * from 'zod'", `1:15: cannot import 'zod': ${ALLOWED}`],
  ['a type of a package', "import type { z } from 'zod'", `1:24: cannot import 'zod': ${ALLOWED}`],
  ['an unused name', "import { type A } from 'node:net'", `1:24: cannot import 'node:net': ${ALLOWED}`],
  ['a type query', "type F = typeof import('node:fs')", `1:24: cannot import 'node:fs': ${ALLOWED}`],
  ['an inner file of the SDK', "import 'router-sdk/answer'", `1:8: cannot import 'router-sdk/answer': ${ALLOWED}`],
  ['an absolute path', "import '/etc/passwd'", `1:8: cannot import '/etc/passwd': ${ALLOWED}`],
  ['a URL', "import 'http://127.0.0.1/x.ts'", `1:8: cannot import 'http://127.0.0.1/x.ts': ${ALLOWED}`],
  ['a data: URL', "import 'data:text/javascript,1'", `1:8: cannot import 'data:text/javascript,1': ${ALLOWED}`],
  ['a file: URL', "import 'file:///etc/passwd'", `1:8: cannot import 'file:///etc/passwd': ${ALLOWED}`],
  ['a file above', "import '../x.ts'", `1:8: cannot import '../x.ts': it is outside the router's folder; ${ALLOWED}`],
  ['a file that is not there', "import './x.ts'", `1:8: cannot import './x.ts': there is no file x.ts; ${ALLOWED}`],
  ['a file of a subfolder', "import './a/x.ts'", `1:8: cannot import './a/x.ts': it is in a subfolder; ${ALLOWED}`],
  ['no ending', "import './x'", `1:8: cannot import './x': write './x.ts'; ${ALLOWED}`],
  ["JavaScript's ending", "import './x.js'", `1:8: cannot import './x.js': write './x.ts'; ${ALLOWED}`],
  [
    'JSON',
    "import x from './x.json' with { type: 'json' }; x",
    `1:15: cannot import './x.json': it is no '.ts' file; ${ALLOWED}`,
  ],
  [
    'a query',
    "import x from './r.ts?x' with { type: 'text' }; x",
    `1:15: cannot import './r.ts?x': it is no '.ts' file; ${ALLOWED}`,
  ],
  ['import = require', "import x = require('fs'); x", `1:20: require is not available in a router; ${ALLOWED}`],
  ['require', "require('fs')", `1:9: require is not available in a router; ${ALLOWED}`],
  ['require as a value', 'const r = require; r', `1:11: require is not available in a router; ${ALLOWED}`],
  ['import()', "import('./r.ts')", `1:8: import() is not available in a router; ${ALLOWED}, at the top of a file`],
  [
    'import() of what is not known yet',
    'const x = "a"; import(x)',
    `1:16: import() is not available in a router; ${ALLOWED}, at the top of a file`,
  ],
]

for (const [title, source, complaint] of IMPORTS)
  test(`an import is refused where it stands: ${title}`, async () => {
    const all = await complaints(source)
    assert.ok(all.includes(`r.ts:${complaint}`), all.join('\n'))
    assert.equal(all.length, 1, all.join('\n'))
  })

const SYNTAX: [title: string, source: string, complaint: string][] = [
  [
    'async function',
    'async function f() {}; f',
    '1:1: async functions are not available in a router: a router answers at once',
  ],
  [
    'async arrow',
    'const f = async () => 1; f',
    '1:11: async functions are not available in a router: a router answers at once',
  ],
  [
    'async method',
    'const o = { async m() {} }; o',
    '1:13: async functions are not available in a router: a router answers at once',
  ],
  [
    'async generator',
    'async function* f() {}; f',
    '1:1: async generators are not available in a router: a router answers at once',
  ],
  ['await', 'await 1', '1:1: await is not available in a router: a router answers at once'],
  [
    'BigInt literal',
    'const b = 1n; b',
    '1:11: BigInt is not available in a router: one operation on it can take minutes; use numbers',
  ],
  ['import.meta', 'import.meta.url', '1:1: import.meta is not available in a router: it has no place in a file system'],
  ['eval', "eval('1')", '1:1: eval is not available in a router'],
  ['with', 'with ({}) {}', "1:1: 'with' is not available in a router: its files are modules"],
  [
    'Promise',
    'Promise.resolve(1)',
    "1:1: Promise is not available in a router (TS2585: 'Promise' only refers to a type, but is being used as a value here.)",
  ],
  ['Proxy', 'new Proxy({}, {})', "1:5: Proxy is not available in a router (TS2304: Cannot find name 'Proxy'.)"],
  ['setTimeout', 'setTimeout', "1:1: setTimeout is not available in a router (TS2304: Cannot find name 'setTimeout'.)"],
  [
    'console',
    'console.log(1)',
    "1:1: console is not available in a router: use conn.log(…) (TS2584: Cannot find name 'console'.)",
  ],
  [
    'Buffer',
    'Buffer',
    "1:1: Buffer is not available in a router: use Uint8Array, and utf8() or latin1() of router-sdk (TS2591: Cannot find name 'Buffer'.)",
  ],
  ['BigInt function', 'BigInt(1)', "1:1: BigInt is not available in a router (TS2583: Cannot find name 'BigInt'.)"],
]

for (const [title, source, complaint] of SYNTAX)
  test(`what the sandbox does not have is refused where it stands: ${title}`, async () => {
    assert.deepEqual(await complaints(source), [`r.ts:${complaint}`])
  })

test('everything that is refused is reported at once, in the order of the source', async () => {
  const found = await complaints("import 'a'\nimport 'b'\nconst f = async () => 1n; f")
  assert.deepEqual(
    found.map((one) => one.split(': ')[0]),
    ['r.ts:1:8', 'r.ts:2:8', 'r.ts:3:11', 'r.ts:3:23'],
  )
})

test('a refusal in a file that the router imports names that file', async () => {
  const found = await complaints("import { a } from './lib.ts'; a", {
    'lib.ts': "\n  import fs from 'fs'\nexport const a = fs",
  })
  assert.deepEqual(found, [`lib.ts:2:18: cannot import 'fs': ${ALLOWED}`])
})

test('columns count as editors do, after characters of several bytes too', async () => {
  assert.deepEqual(await complaints("/* é😀 */ import 'a'"), [`r.ts:1:18: cannot import 'a': ${ALLOWED}`])
  assert.deepEqual(await complaints('/* é😀 */ const x: string = 5; x'), [
    "r.ts:1:17: Type 'number' is not assignable to type 'string'. (TS2322)",
  ])
})

test('ordinary generators and decorators are allowed', async () => {
  const lines = `
    function* count() { yield 1; yield 2 }
    function mark<T>(value: T, _: unknown): T { return value }
    @mark class A { *[Symbol.iterator]() { yield* count() } }
    [...new A()]
  `
  using folder = new Folder({ 'r.ts': `${lines}\n${GOOD}` })
  assert.match((await folder.compile()).code, /function\*/)
})

const NO_DEFAULT = 'r.ts:1:1: there is no default export: a router file ends with `export default defineRouter({…})`'
for (const source of ['', 'const a = 1', 'export const a = 1', 'export type A = 1', 'exports.default = 1'])
  test(`a router without a default export is told how one ends: ${JSON.stringify(source)}`, async () => {
    using folder = new Folder({ 'r.ts': source })
    assert.deepEqual(await complaintsOf(folder.compile()), [NO_DEFAULT])
  })

test('a default export that is no router is refused', async () => {
  using folder = new Folder({ 'r.ts': 'export default { route: () => ({ remote: 5 }) }' })
  assert.deepEqual(await complaintsOf(folder.compile()), [
    'r.ts:1:1: the default export is no router: a router file ends with `export default defineRouter({…})`',
  ])
})

test('a syntax error is shown with a frame', async () => {
  using folder = new Folder({ 'r.ts': 'export default {\n  a: 1 )\n}\n' })
  const { diagnostics, message } = await failureOf(folder.compile())
  assert.deepEqual(diagnostics, [
    {
      file: 'r.ts',
      line: 2,
      column: 8,
      text: 'Expected "}" but found ")"',
      frame: '  1 | export default {\n> 2 |   a: 1 )\n    |        ^\n  3 | }\n  4 |',
    },
  ])
  assert.match(message, /^r\.ts:2:8: Expected "}" but found "\)"\n {2}1 \| export/)
})

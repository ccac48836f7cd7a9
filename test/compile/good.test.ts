import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { closeCompiler } from 'router-sdk/compile'
import { locate } from 'router-sdk/locate'
import { Folder, GOOD } from './folder.ts'

after(closeCompiler)

const ROUTER = `import { defineRouter, type Answer, type Conn } from 'router-sdk'
import { httpRequest } from 'router-sdk/protocols'
import { home } from './homes.ts'

export default defineRouter({
  listen: { port: 8080 },
  route(conn) {
    if (conn.text.startsWith('boom')) return home(conn.text, true)
    return decide(conn)
  },
})

function decide(conn: Conn): Answer {
  void httpRequest
  return { remote: home(conn.text, false).remote, connectTimeout: 1000 }
}
`
const HOMES = `import type { ForwardAnswer } from 'router-sdk'

// The author's own types are erased.
export function home(text: string, fail: boolean): ForwardAnswer {
  if (fail) throw new Error('boom')
  return { remote: text.length > 3 ? 'long:1' : 'short:2' }
}
`

interface Evaluated {
  route(conn: { text: string }): unknown
  listen: unknown
}

function evaluate(code: string): Evaluated {
  return runInNewContext(`${code}\npointsmanRouter.default`, {}, { filename: 'bundle.js' })
}

test('a router of two files compiles, and its bundle answers', async () => {
  using folder = new Folder({ 'r.ts': ROUTER, 'homes.ts': HOMES })
  const { code, hash } = await folder.compile()
  assert.match(code, /^var pointsmanRouter = /)
  assert.match(hash, /^[0-9a-f]{12}$/)
  const router = evaluate(code)
  assert.equal(JSON.stringify(router.route({ text: 'abcd' })), '{"remote":"long:1","connectTimeout":1000}')
  assert.equal(JSON.stringify(router.listen), '{"port":8080}')
})

for (const [how, specifier] of [
  ['as it is', "'router-sdk/protocols'"],
  ['with an escape of a letter', "'router-sdk/proto\\u0063ols'"],
  ['with a letter that needs no escape', "'router-sdk/\\protocols'"],
  ['with the end of a line in it', "'router-sdk/proto\\\ncols'"],
] as const)
  test(`the module of parsers is found under its name, written ${how}`, async () => {
    using folder = new Folder({ 'r.ts': ROUTER.replace("'router-sdk/protocols'", specifier) })
    folder.write('homes.ts', HOMES)
    const { code } = await folder.compile()
    assert.match(code, /^var pointsmanRouter = /)
  })

test('a place in the bundle leads back to the line of the author', async () => {
  using folder = new Folder({ 'r.ts': ROUTER, 'homes.ts': HOMES })
  const { code, sourceMap } = await folder.compile()
  let stack = ''
  try {
    evaluate(code).route({ text: 'boom' })
  } catch (error) {
    stack = String((error as { stack?: unknown }).stack)
  }
  const places = [...stack.matchAll(/bundle\.js:(\d+):(\d+)/g)].map(([, line, column]) =>
    locate(sourceMap, Number(line), Number(column)),
  )
  assert.deepEqual(places.slice(0, 2), [
    { file: 'homes.ts', line: 5, column: 19 },
    { file: 'r.ts', line: 8, column: 46 },
  ])
  assert.equal(locate(sourceMap, 1, 1), undefined)
})

test('the same sources give the same bundle, wherever they stand', async () => {
  using one = new Folder({ 'r.ts': ROUTER, 'homes.ts': HOMES })
  using two = new Folder({ 'r.ts': ROUTER, 'homes.ts': HOMES })
  const [first, second] = await Promise.all([one.compile(), two.compile()])
  assert.equal(first.hash, second.hash)
  assert.ok(!first.code.includes(one.above) && !first.sourceMap.includes(one.above))
  two.write('homes.ts', HOMES.replace('short:2', 'short:3'))
  assert.notEqual((await two.compile()).hash, first.hash)
})

test('what a router does not use of the SDK is not in its bundle', async () => {
  using folder = new Folder({ 'r.ts': GOOD })
  const { code } = await folder.compile()
  assert.ok(code.length < 2000, `${code.length} characters`)
})

test('compiling takes the milliseconds that saving a router may take', async (t) => {
  using folder = new Folder({ 'r.ts': ROUTER, 'homes.ts': HOMES })
  const runs = []
  for (let i = 0; i < 15; i++) runs.push((await folder.compile()).ms)
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  const read = median(runs.map((ms) => ms.read))
  const bundle = median(runs.map((ms) => ms.bundle))
  const typecheck = median(runs.map((ms) => ms.typecheck))
  const figures = `read ${read.toFixed(1)}, bundle ${bundle.toFixed(1)}, type-check ${typecheck.toFixed(1)} ms (median)`
  t.diagnostic(figures)
  // Aimed at are 15 and 60; the machine of a test may be a slow or a busy one.
  assert.ok(bundle < 150 && typecheck < 400, figures)
})

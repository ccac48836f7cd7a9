import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { exchange } from '../kit/sockets.ts'
import { Arena } from './arena.ts'
import { NOT_APPLICABLE } from './not-applicable.ts'

/** Modules that are refused when they are deployed: the version before them serves on. */
const MODULES: readonly (readonly [row: number, name: string, module: string, says: RegExp])[] = [
  [2, 'an endless loop at top level', 'for(;;);', /still loading/],
  [2, 'filling memory at top level', 'const a = []; for(;;) a.push({ a })', /memory|still loading|lost while loading/],
  [2, 'a deaf loop at top level', 'for(;;) new Array(1000).fill(1.5)', /lost while loading|still loading/],
  [4, 'a storm of microtasks', 'const f = () => Promise.resolve().then(f); f()', /Promise is not defined/],
  [5, 'a loop in a then', 'Promise.resolve().then(() => { for(;;); })', /Promise is not defined/],
  [11, 'an asynchronous function', 'async function f() { throw { get message() { for(;;); } } } f()', /async functions are not available/],
  [15, 'a BigInt', '(2n ** 20000000n).toString()', /BigInt is not available/],
  [31, 'parentheses nested 100,000 deep', `const a = ${'('.repeat(1e5)}1${')'.repeat(1e5)}`, /nested too deeply|too large|stack|deep/i],
  [31, 'arrows nested 50,000 deep', `const a = ${'a=>'.repeat(5e4)}1`, /nested too deeply|too large|stack|deep/i],
  [31, 'source over the limit', `const a = '${'x'.repeat(300_000)}'`, /262144|bytes|KiB|large/i],
  [46, 'direct eval', "eval('1')", /eval is not available/],
  [47, 'a module of Node', "import fs from 'node:fs'; fs", /cannot import 'node:fs'/],
  [47, 'import()', "import('./x.ts')", /import\(\) is not available/],
  [47, 'require', "require('fs')", /require is not available/],
  [47, 'import.meta', 'import.meta.url', /import\.meta is not available/],
  [51, 'a looping getter for its hook', 'const evil = { get route() { for(;;); } }', /still loading|default export/],
  [68, 'a file of the machine', "import x from '/etc/passwd'; x", /cannot import '\/etc\/passwd'/],
] // biome-ignore format: a table

function module(top: string): string {
  const definition = top.startsWith('const evil')
    ? 'evil'
    : "{ route: (conn) => (conn.text === '' ? { noop: true } : { close: 'hostile' }) }"
  return `// @ts-nocheck\nimport { defineRouter } from 'router-sdk'\n${top}\nexport default defineRouter(${definition})\n`
}

const FIRST = module('').replace('hostile', 'first')

let arena: Arena | undefined
before(async () => {
  const names = MODULES.map((_, index) => `m${index}`)
  arena = await Arena.start(Object.fromEntries(names.map((name) => [name, FIRST])))
})
after(() => arena?.[Symbol.asyncDispose]())

for (const [index, [row, name, top, says]] of MODULES.entries())
  test(`row ${row} (R): ${name}`, async () => {
    assert.ok(arena !== undefined)
    const { pointsman } = arena
    const port = await pointsman.served(`m${index}`)
    const from = pointsman.lines.length
    const saved = performance.now()
    pointsman.write(`m${index}`, module(top))
    const line = await pointsman.line(
      `m${index} to be refused`,
      ({ msg, router }) => router === `m${index}` && msg.startsWith('router '),
      from,
    )
    assert.equal(line.msg, 'router refused', JSON.stringify(line))
    assert.match(JSON.stringify(line), says)
    assert.ok(performance.now() - saved < 10_000)
    assert.equal(await exchange(port, 'x'), 'first')
    await arena.unharmed()
  })

test('row 69: what does not apply is said', () => {
  for (const why of Object.values(NOT_APPLICABLE)) assert.ok(why.length > 0)
})

test('no connection that flowed throughout has lost a byte, and the program ends in good order', async () => {
  await arena?.finish()
})

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { RouterIsolate } from '../../sdk/src/sandbox/isolate.ts'
import { questionText } from '../../sdk/src/sandbox/question-text.ts'

const LIST = join(dirname(fileURLToPath(import.meta.url)), 'globals.txt')

/**
 * Runs in the isolate as a router would: names every property that a router can reach from the global object, from what
 * syntax makes and from what it is given.
 */
function walk(conn: object): string {
  const seen = new Set<unknown>()
  const lines: string[] = []
  const visit = (value: unknown, path: string): void => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return
    seen.add(value)
    const keys = [...Object.getOwnPropertyNames(value), ...Object.getOwnPropertySymbols(value)]
    const names = keys
      .map(String)
      .filter((name) => !(typeof value === 'function' && (name === 'length' || name === 'name')))
    if (names.length > 0) lines.push(`${path}: ${names.sort().join(' ')}`)
    for (const key of keys) {
      const { value: own, get, set } = Object.getOwnPropertyDescriptor(value, key) ?? {}
      const name = `${path}.${String(key)}`
      visit(own, name)
      visit(get, `get ${name}`)
      visit(set, `set ${name}`)
      if (get !== undefined)
        try {
          visit(Reflect_get(value, key), `value of ${name}`)
        } catch {}
    }
    visit(Object.getPrototypeOf(value), `prototype of ${path}`)
  }
  const Reflect_get = (owner: object, key: PropertyKey): unknown => (owner as Record<PropertyKey, unknown>)[key]
  visit(globalThis, 'global')
  visit(conn, 'conn')
  const made: Record<string, unknown> = {
    function: () => {},
    generator: (function* () {})(),
    generatorFunction: function* () {},
    async: async () => {},
    promise: (async () => {})(),
    asyncGenerator: (async function* () {})(),
    asyncGeneratorFunction: async function* () {},
    class: class {},
    error: new Error('x'),
    arrayIterator: [].values(),
    mapIterator: new Map().entries(),
    setIterator: new Set().values(),
    stringIterator: ''[Symbol.iterator](),
    matchAll: 'a'.matchAll(/a/g),
    match: /(?<a>a)/d.exec('a'),
    iteratorHelper: ([].values() as unknown as { map(each: (x: unknown) => unknown): object }).map((x) => x),
    buffer: new Uint8Array(1).buffer,
    template: ((strings: TemplateStringsArray) => strings)`a`,
    arguments: (function () {
      // biome-ignore lint/complexity/noArguments: it is what is looked at
      return arguments
    })(),
    revived: JSON.parse('[{}]', (_key, value: unknown) => value),
  }
  for (const name of Object.keys(made)) visit(made[name], name)
  return lines.join('\n')
}

const NOWHERE = { address: '', port: 0 }

function reachable(): string {
  const isolate = new RouterIsolate(32 * 1_048_576)
  const code = `var pointsmanRouter = { default: { route(conn) {
    const found = (${walk.toString()})(conn)
    const at = Number(conn.text), part = found.slice(at, at + 20000)
    return { close: part }
  } } }`
  assert.equal(isolate.load(code, 5000).kind, 'returned')
  let all = ''
  for (;;) {
    const facts = { final: false, client: NOWHERE, local: NOWHERE, listener: '', now: 0, lookups: {} }
    const outcome = isolate.call(questionText({ hook: 'route', facts, bytes: Buffer.from(String(all.length)) }), 5000)
    assert.ok(outcome.kind === 'returned', JSON.stringify(outcome))
    const said: { answer: { close: string } } = JSON.parse(outcome.result)
    if (said.answer.close === '') break
    all += said.answer.close
  }
  isolate.dispose()
  return `${all}\n`
}

test('row 48: what a router can reach is what is on the list, property by property', () => {
  const found = reachable()
  // A new V8 brings new ones: look at each before it goes on the list.
  if (process.env.WRITE_GLOBALS === '1') writeFileSync(LIST, found)
  const listed = new Set(readFileSync(LIST, 'utf8').split('\n'))
  const now = new Set(found.split('\n'))
  assert.deepEqual(
    [...now].filter((line) => !listed.has(line)),
    [],
    'there is more than was listed',
  )
  assert.deepEqual(
    [...listed].filter((line) => !now.has(line)),
    [],
    'there is less than was listed',
  )
})

test('row 48: none of what makes code, waits, shares memory or tells the time is on the list', () => {
  const list = readFileSync(LIST, 'utf8')
  const words = new Set(list.split(/[\s.:]+/))
  for (const word of ['eval', 'Function', 'Promise', 'then', 'Proxy', 'Reflect', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'BigInt', 'toTemporalInstant', 'getBigInt64', 'Intl', 'toLocaleString', 'localeCompare', 'FinalizationRegistry', 'WeakRef', 'fromAsync', 'resize', 'transfer', 'transferToImmutable', 'maxByteLength', 'captureStackTrace', 'ShadowRealm', 'pointsmanLoad', 'console']) // biome-ignore format: a list
    assert.ok(!words.has(word), word)
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { bundle } from '../sandbox/sandboxes.ts'
import { CORDON, Deciding, inquiry, noticed } from './deciding.ts'

// Small worlds, so that questions agree with each other in this and differ in that.
const TEXTS = ['', 'a', 'b', 'ab', 'ba', 'a1 b']
const ADDRESSES = ['192.0.2.1', '192.0.2.2', '::1']
const PORTS = [80, 443]
const VALUES = ['one', 'two']
const KEYS = [...TEXTS, ...ADDRESSES]

/** A fact as text, got in one of many ways. */
const fact = fc.constantFrom(
  'conn.text',
  'conn.bytes.length',
  'String(conn.bytes[0])',
  '(({ text }) => text)(conn)',
  '({ ...conn }).text',
  'JSON.stringify(conn.client)',
  'conn.final',
  '(() => { try { null.x } catch { return conn.final } })()',
  'conn.client.address',
  '(({ client: { address } }) => address)(conn)',
  'Object.entries(conn.client).join()',
  'conn.client.port',
  'conn.local.address',
  'Object.values(conn.local).join()',
  'conn.local.port',
  'conn.listener',
  'conn.now',
  'Date.now()',
  'new Date().getTime() % 3',
  'Object.keys(conn).length',
  'helper(conn)',
)
const MODULE = 'const helper = (c) => (c.text.length > 1 ? c.client.address : c.listener)'

const key = fc.oneof(
  fact,
  fc.constantFrom(...KEYS).map((text) => JSON.stringify(text)),
)
const text = fc.oneof(
  { weight: 4, arbitrary: fact },
  { weight: 2, arbitrary: key.map((of) => `conn.lookup('t', String(${of}).slice(0, 99))`) },
)
const known = fc.oneof(
  fc.constantFrom(...TEXTS, ...ADDRESSES, ...VALUES).map((one) => JSON.stringify(one)),
  fc.constantFrom('true', 'false', '80', '443', '1', 'undefined'),
)
const condition = fc.oneof(
  fc.tuple(text, known).map(([of, one]) => `String(${of}) === String(${one})`),
  text.map((of) => `String(${of}).length % 2 === 0`),
)
const leaf = fc.oneof(
  fc.constantFrom('{ noop: true }', '{ close: true }', "{ remote: 'a.example:1' }", '{ noop: true, atLeast: 9 }'),
  text.map((of) => `{ close: String(${of}) }`),
  text.map((of) => `{ get close() { return String(${of}) } }`),
  text.map((of) => `{ remote: 'a.example:1', data: String(${of}), reply: 'r' }`),
  fc.constantFrom("(() => { throw new Error('no') })()", '{ close: 5 }', "(conn.log('x'), { noop: true })"),
)
const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'tree' },
    leaf,
    fc.tuple(condition, tie('tree'), tie('tree')).map(([when, yes, no]) => `(${when} ? ${yes} : ${no})`),
  ),
}))
/** A router is asked about nothing before it serves, and must not fail then. */
const router = fc.tuple(tree, tree).map(([route, greet]) => {
  const guarded = (body: string) => `(conn) => (conn.listener === '192.0.2.2:1' ? { noop: true } : ${body})`
  return bundle(`{ route: ${guarded(route)}, onConnect: ${guarded(greet)} }`, MODULE)
})

const asked = fc
  .record({
    text: fc.constantFrom(...TEXTS),
    final: fc.boolean(),
    client: fc.record({ address: fc.constantFrom(...ADDRESSES), port: fc.constantFrom(...PORTS) }),
    local: fc.record({ address: fc.constantFrom(...ADDRESSES), port: fc.constantFrom(...PORTS) }),
    listener: fc.constantFrom('0.0.0.0:80', '[::]:80'),
    now: fc.constantFrom(1, 2),
    hook: fc.constantFrom('route' as const, 'onConnect' as const),
  })
  .map(({ text, hook, ...facts }) => inquiry(text, facts, hook))

type Step =
  | { readonly do: 'ask'; readonly about: ReturnType<typeof inquiry> }
  | { readonly do: 'table'; readonly table: Record<string, string> }
  | {
      readonly do: 'table under way'
      readonly table: Record<string, string>
      readonly about: ReturnType<typeof inquiry>
    }
  | { readonly do: 'swap'; readonly code: string }
  | { readonly do: 'lose a host' }

const table = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), { maxKeys: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: asked.map((about) => ({ do: 'ask', about }) as const) },
  { weight: 2, arbitrary: table.map((to) => ({ do: 'table', table: to }) as const) },
  {
    weight: 2,
    arbitrary: fc.tuple(table, asked).map(([to, about]) => ({ do: 'table under way', table: to, about }) as const),
  },
  { weight: 1, arbitrary: router.map((code) => ({ do: 'swap', code }) as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'lose a host' } as const) },
)

const deciding = new Deciding(() => 30_000)
after(() => deciding[Symbol.asyncDispose]())
let hits = 0
let decisions = 0

/** With and without what is remembered, one question after the other; at the end all of them once more. */
async function agree(code: string, steps: readonly Step[]): Promise<void> {
  deciding.setTable({})
  await deciding.serve(code)
  const questions = steps.flatMap((each) => (each.do === 'ask' ? [each.about] : []))
  for (const each of [...steps, ...questions.map((about) => ({ do: 'ask', about }) as const)]) await take(each)
}

async function take(each: Step): Promise<void> {
  switch (each.do) {
    case 'ask': {
      const remembered = await deciding.decide(each.about)
      const fresh = await deciding.ask(each.about)
      assert.deepEqual(noticed(remembered), noticed(fresh))
      decisions += 1
      if (remembered.kind === 'decided' && remembered.remembered) hits += 1
      return
    }
    case 'table':
      return deciding.setTable(each.table)
    case 'table under way':
      // What is decided meanwhile may go by either table; what is remembered of it may not.
      deciding.between = () => {
        deciding.between = () => {}
        deciding.setTable(each.table)
      }
      await deciding.decide(each.about)
      deciding.between = () => {}
      return
    case 'swap':
      return void (await deciding.serve(each.code))
    case 'lose a host':
      return deciding.memo.forgetCordon(CORDON)
    default:
      each satisfies never
  }
}

test('no question has another answer because answers are remembered', { timeout: 110_000 }, async () => {
  await fc.assert(fc.asyncProperty(router, fc.array(step, { minLength: 5, maxLength: 60 }), agree), {
    numRuns: Number(process.env.RUNS ?? 400),
    endOnFailure: true,
  })
  // Otherwise nothing was put to the test.
  assert.ok(hits > decisions / 5, `${hits} of ${decisions} were remembered`)
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { READ, READ_ALL } from 'router-sdk/sandbox'
import { DirectSandbox } from '../../sdk/src/sandbox/direct-sandbox.ts'
import { answered, ask, bundle, failed, question, version } from './sandboxes.ts'

const sandbox = new DirectSandbox()
let lastId = 0
after(() => sandbox.close())

/** The facts that a decision reads whose `route` has this body; the first question, about no bytes, is not for it. */
async function readBy(body: string, outside = ''): Promise<number> {
  const id = ++lastId
  await sandbox.load(version(id, bundle(`{ route(conn) { ${body} } }`, outside)))
  const reply = await ask(sandbox, id, question('abc', { lookups: { t: { abc: 'v', '192.0.2.7': 'w' } } }))
  return answered(reply).read
}

const { bytes, final, clientAddress, clientPort, localAddress, localPort, listener, now } = READ
const client = clientAddress | clientPort
const local = localAddress | localPort
const use = (expression: string) => `return { close: String(${expression}).slice(0, 9) }`

const WAYS: readonly (readonly [string, string, number, string?])[] = [
  ['nothing', "return { close: 'x' }", 0],
  ['the bytes', use('conn.bytes[0]'), bytes],
  ['their number', use('conn.bytes.length'), bytes],
  ['the text', use('conn.text'), bytes],
  ['whether it is the last question', use('conn.final'), final],
  ['the client itself, and nothing of it', 'conn.client; return { noop: true }', 0],
  ['the address of the client', use('conn.client.address'), clientAddress],
  ['the port of the client', use('conn.client.port'), clientPort],
  ['the address here', use('conn.local.address'), localAddress],
  ['the port here', use('conn.local.port'), localPort],
  ['the listener', use('conn.listener'), listener],
  ['now', use('conn.now'), now],
  ['Date.now', use('Date.now()'), now],
  ['a new Date', use('new Date().getTime()'), now],
  ['Date as a function', use('Date()'), now],
  ['a class of dates', use('new (class extends Date {})().getTime()'), now],
  ['a date by way of another', use('new (new Date(0).constructor)().getTime()'), now],
  ['a date that is given', use('new Date(5).getTime()'), 0],
  ['the time when it was loaded', use('early'), 0, 'const early = Date.now()'],
  ['TLS, of which there is none', use('conn.tls'), 0],
  ['a look-up by a constant', use("conn.lookup('t', 'abc')"), 0],
  ['a look-up by what was sent', use("conn.lookup('t', conn.text)"), bytes],
  ['a look-up by the client', use("conn.lookup('t', conn.client.address)"), clientAddress],
  ['only what a branch reads', 'if (conn.final) return { close: conn.text }\nreturn { noop: true }', final],
  ['destructuring', 'const { text, client: { port } } = conn\nreturn { close: text + port }', bytes | clientPort],
  ['destructuring the rest', 'const { text, ...rest } = conn\nreturn { noop: true }', READ_ALL & ~client & ~local],
  ['a copy', 'const copy = { ...conn }\nreturn { noop: true }', READ_ALL & ~client & ~local],
  ['a copy of the client', 'const copy = { ...conn.client }\nreturn { noop: true }', client],
  ['Object.assign', 'Object.assign({}, conn.local)\nreturn { noop: true }', local],
  ['Object.entries', 'Object.entries(conn.client)\nreturn { noop: true }', client],
  ['Object.values', 'Object.values(conn.local)\nreturn { noop: true }', local],
  ['the names of facts', 'return { close: Object.keys(conn).join() }', 0],
  ['JSON', 'JSON.stringify(conn)\nreturn { noop: true }', READ_ALL],
  ['JSON of the client', 'JSON.stringify([conn.client])\nreturn { noop: true }', client],
  ['names that are computed', "return { close: conn['te' + 'xt'] }", bytes],
  ['for in', 'let all = 0\nfor (const key in conn.local) all += conn.local[key] ? 1 : 0\nreturn { noop: true }', local],
  [
    'a getter that was taken from it',
    "Object.getOwnPropertyDescriptor(conn, 'final').get()\nreturn { noop: true }",
    final,
  ],
  ['one that was inherited from it', use('Object.create(conn).text'), bytes],
  ['__lookupGetter__', "conn.__lookupGetter__('now')()\nreturn { noop: true }", now],
  ['a function called later', 'const later = () => conn.text\nreturn { close: [1].map(later)[0] }', bytes],
  [
    'a function of the module',
    'see(conn)\nreturn { noop: true }',
    clientAddress,
    'const see = (c) => c.client.address',
  ],
  ['a generator', 'const all = (function* () { yield conn.text })()\nreturn { close: all.next().value }', bytes],
  ['a getter of the answer', 'return { get close() { return conn.text } }', bytes],
  [
    'a getter of the answer’s prototype',
    'return Object.create({ get close() { return conn.text } }, { noop: { value: true, enumerable: true } })',
    0,
  ],
  ['its own way to be shown', 'conn.log({ toJSON: () => conn.text })\nreturn { noop: true }', bytes],
  ['its own way to be a string', 'return { close: String({ toString: () => conn.text }) }', bytes],
  ['after an exception', 'try { null.x } catch { return { close: conn.text } }', bytes],
  ['before an exception', 'try { conn.text; null.x } catch { return { noop: true } }', bytes],
  [
    'in what is thrown',
    'try { throw conn.client.address } catch (address) { return { close: address } }',
    clientAddress,
  ],
  ['in a finally', 'try { return { noop: true } } finally { conn.final }', final],
  [
    'at the bottom of the stack',
    'const down = () => { try { down() } catch {} conn.text }\ndown()\nreturn { noop: true }',
    bytes,
  ],
  [
    'what a setter was given',
    "Object.defineProperty(Object.prototype, 'hole', { set() { conn.text }, configurable: true })\nconst o = {}\no.hole = 1\nreturn { noop: true }",
    bytes,
  ],
  [
    'by a redefined builtin',
    "Array.prototype.map = function () { return [conn.text] }\nreturn { close: [1].map(() => '')[0] }",
    bytes,
  ],
]

for (const [what, body, read, outside] of WAYS)
  test(`is noted: ${what}`, async () => assert.equal(await readBy(body, outside), read))

test('each question is noted by itself, whatever the one before it read', async () => {
  const id = ++lastId
  await sandbox.load(
    version(id, bundle('{ route: (conn) => (conn.final ? { close: conn.text + conn.client.port } : { noop: true }) }')),
  )
  for (const round of [1, 2]) {
    const last = answered(await ask(sandbox, id, question('a', { final: true })))
    assert.equal(last.read, final | bytes | clientPort, `round ${round}`)
    assert.equal(answered(await ask(sandbox, id, question('a'))).read, final)
  }
})

test('what was read before a look-up is said when it is asked for', async () => {
  const id = ++lastId
  await sandbox.load(
    version(
      id,
      bundle(
        "{ route: (conn) => { if (conn.text === '') return { noop: true }; conn.lookup('t', conn.client.address); return { noop: true } } }",
      ),
    ),
  )
  const reply = await ask(sandbox, id)
  assert.ok(reply.kind === 'lookup')
  assert.equal(reply.read, bytes | clientAddress)
})

test('every question has a conn of its own, which nothing changes', async () => {
  const id = ++lastId
  const route = `route(conn) {
    if (conn.bytes.length === 0) return { noop: true }
    if (seen.has(conn) || seen.has(conn.client)) return { close: 'seen' }
    seen.add(conn).add(conn.client)
    try { conn.text = 'other' } catch {}
    if (conn !== this.last && conn.client === conn.client) return { close: conn.text }
  }`
  await sandbox.load(version(id, bundle(`{ ${route} }`, 'const seen = new WeakSet()')))
  for (const text of ['a', 'b']) {
    const { decision } = answered(await ask(sandbox, id, question(text)))
    assert.deepEqual(decision, { kind: 'close', text })
  }
  assert.equal(failed(await ask(sandbox, ++lastId)).failure, 'unavailable')
})

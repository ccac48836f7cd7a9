import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange, type TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'

let a: TestServer
let b: TestServer
let p: Pointsman

const LOOKS = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  failure: { close: 'failed' },
  route(conn) {
    const [table = '', key = ''] = conn.text.trim().split(' ')
    if (table === '') return { noop: true }
    const value = conn.lookup(table, key)
    return { close: value === undefined ? 'none' : 'value ' + value }
  },
})
`
const ROUTES = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  route(conn) {
    const name = conn.text.trim()
    if (name === '') return { noop: true }
    const home = conn.lookup('homes', name)
    return home ? { remote: home } : { close: 'nobody\\n' }
  },
})
`
const MANY = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  failure: { close: 'failed' },
  route(conn) {
    const count = Number(conn.text)
    if (conn.text === '') return { noop: true }
    let found = ''
    for (let round = 0; round < 3; round++)
      for (let at = 0; at < count; at++) found += conn.lookup('letters', String(at)) ?? '-'
    return { close: found }
  },
})
`
/** Catches everything, and would answer wrongly if a look-up that suspends could be caught. */
const CATCHING = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  route(conn) {
    if (conn.text === '') return { noop: true }
    let value: string | undefined = 'not asked'
    try {
      value = conn.lookup('homes', 'x')
    } catch {
      return { close: 'caught' }
    } finally {
      conn.log('finally')
    }
    return { close: 'value ' + value }
  },
})
`

const letters = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [String(at), String.fromCharCode(97 + at)]))

before(async () => {
  a = await echoServer('a')
  b = await echoServer('b')
  p = await Pointsman.start({
    routers: {
      'looks.json.json': '{"one": "1", "zwei": "2", "number": 5, "yes": true, "__proto__": "p", "empty": ""}',
      'looks.csv.csv': 'alice,first\n"quoted ""key""","a, b"\n',
      looks: LOOKS,
      'routes.homes.json': JSON.stringify({ alice: a.remote, bob: b.remote, odd: 'no address', mover: a.remote }),
      routes: ROUTES,
      'many.letters.json': JSON.stringify(letters),
      many: MANY,
      'catching.homes.json': '{"x": "found"}',
      catching: CATCHING,
    },
  })
})

after(async () => {
  await p?.stop()
  await a?.[Symbol.asyncDispose]()
  await b?.[Symbol.asyncDispose]()
})

/** Resident memory of a process, in bytes. */
function memory(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096
}

describe('a look-up', () => {
  const keys: [question: string, answer: string][] = [
    ['json one', 'value 1'],
    ['json zwei', 'value 2'],
    ['json number', 'value 5'],
    ['json yes', 'value true'],
    ['json empty', 'value '],
    ['json __proto__', 'value p'],
    ['json constructor', 'none'],
    ['json toString', 'none'],
    ['json three', 'none'],
    ['csv alice', 'value first'],
    ['csv bob', 'none'],
  ]
  for (const [question, answer] of keys)
    it(`of ${question} gives ${answer}`, async () => {
      assert.equal(await exchange(await p.served('looks'), question), answer)
    })

  it('routes by a table, with the value as the upstream', async () => {
    assert.equal(await exchange(await p.served('routes'), 'alice'), 'a:alice')
    const client = await Client.connect(await p.served('routes'))
    assert.equal(await client.write('bob').end().rest(), 'b:bob')
    assert.equal((await p.record(client)).lookups, 1)
    assert.equal(await exchange(await p.served('routes'), 'carol'), 'nobody\n')
  })

  it('whose value is no upstream is a failure with a clear message', async () => {
    const from = p.lines.length
    assert.equal(await exchange(await p.served('routes'), 'odd'), '')
    const wrong = /remote: "no address" is not host:port/
    await p.line('why', (line) => line.msg === 'router failed' && wrong.test(String(line.message)), from)
  })

  it('in a table that is not there is a failure that names the files to write', async () => {
    const from = p.lines.length
    const client = await Client.connect(await p.served('looks'))
    assert.equal(await client.write('nowhere key').end().rest(), 'failed')
    const { reason, failure } = await p.record(client)
    assert.deepEqual({ reason, failure }, { reason: 'router-failed', failure: 'lookup' })
    const words = 'router looks has no table nowhere: neither looks.nowhere.json nor looks.nowhere.csv is beside it'
    await p.line('why', (line) => line.msg === 'router failed' && line.message === words, from)
  })

  it('may be made sixteen times in a decision, and repeated for nothing', async () => {
    const client = await Client.connect(await p.served('many'))
    assert.equal(await client.write('16').end().rest(), 'abcdefghijklmnop'.repeat(3))
    const { lookups, questions } = await p.record(client)
    assert.deepEqual({ lookups, questions }, { lookups: 16, questions: 1 })
  })

  it('may not be made seventeen times', async () => {
    const from = p.lines.length
    assert.equal(await exchange(await p.served('many'), '17'), 'failed')
    const words = /at most 16 look-ups/
    await p.line('why', (line) => line.msg === 'router failed' && words.test(String(line.message)), from)
  })

  it('suspends a router that catches everything', async () => {
    assert.equal(await exchange(await p.served('catching'), 'x'), 'value found')
  })
})

describe('a table', () => {
  /** Waits until the table of `router` that was written after line `from` is in use, or refused. */
  const read = (router: string, msg: string, from: number) =>
    p.line(`${msg} for ${router}`, (line) => line.msg === msg && line.router === router, from)

  it('is read again when its file changes, without a new version of the router', async () => {
    const from = p.lines.length
    p.write('routes.homes.json', JSON.stringify({ alice: a.remote, bob: b.remote, odd: 'no address', mover: b.remote }))
    await read('routes', 'table read', from)
    const client = await Client.connect(await p.served('routes'))
    assert.equal(await client.write('mover').end().rest(), 'b:mover')
    assert.equal((await p.record(client)).version, 1)
  })

  it('that is broken leaves the one before in use, and the log says where it is broken', async () => {
    const from = p.lines.length
    p.write('looks.json.json', '{"one": "1",\n "two": [2]}')
    const { error } = await read('looks', 'table refused', from)
    assert.match(String(error), /looks\.json\.json.*2/)
    assert.equal(await exchange(await p.served('looks'), 'json one'), 'value 1')
  })

  it('may appear after its router, and go away again', async () => {
    const port = await p.served('looks')
    const from = p.lines.length
    p.write('looks.late.csv', 'key,came later\n')
    await read('looks', 'table read', from)
    assert.equal(await exchange(port, 'late key'), 'value came later')
    rmSync(join(p.folder, 'looks.late.csv'))
    await until('the table to be gone', async () => (await exchange(port, 'late key')) === 'failed' || undefined)
  })

  it('of a million keys answers, and is not copied into the isolate', async () => {
    const port = await p.served('looks')
    await exchange(port, 'json one')
    const before = p.hostPids.map(memory)
    const from = p.lines.length
    p.write(
      'looks.big.csv',
      Array.from({ length: 1_000_000 }, (_, at) => `user-${at},10.0.0.1:${at % 60_000}\n`).join(''),
    )
    const { keys, ms } = await read('looks', 'table read', from)
    assert.equal(keys, 1_000_000)
    for (const at of [0, 1, 499_999, 999_999])
      assert.equal(await exchange(port, `big user-${at}`), `value 10.0.0.1:${at % 60_000}`)
    assert.equal(await exchange(port, 'big user-1000000'), 'none')
    const grown = p.hostPids.map((pid, index) => memory(pid) - (before[index] ?? 0))
    assert.ok(Math.max(...grown) < 8 * 1024 * 1024, `hosts grew by ${grown.join(', ')} bytes`)
    console.log(`a table of a million keys was read in ${ms} ms`)
  })
})

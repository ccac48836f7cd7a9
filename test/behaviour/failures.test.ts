import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type LogLine, Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange, type TestServer } from '../kit/sockets.ts'
import { dictate, puppet } from './puppet.ts'

let a: TestServer
let p: Pointsman

/** Answers that are none, by the name that a client asks for. */
const ODD = `import { defineRouter } from 'router-sdk'
const odd: Record<string, () => unknown> = {
  nothing: () => undefined,
  nil: () => null,
  text: () => 'close',
  list: () => [{ close: true }],
  call: () => () => ({ close: true }),
  empty: () => ({}),
  nested: () => ({ close: { text: 'x' } }),
  symbol: () => ({ close: Symbol('x') }),
  big: () => ({ noop: true, atLeast: Number.NaN }),
  getter: () => ({ get close() { throw new Error('from a getter') } }),
  proxy: () => new Map([['close', true]]),
  inherited: () => ({ __proto__: { close: true } }),
  many: () => Object.fromEntries(Array.from({ length: 1000 }, (_, i) => ['k' + i, i])),
  huge: () => ({ close: 'x'.repeat(65537) }),
  wide: () => ({ close: 'caf\\u00e9 \\u20ac' }),
}
export default defineRouter({
  failure: { close: 'the router failed\\n' },
  route(conn) {
    const make = odd[conn.text.trim()]
    return make === undefined ? { close: true } : (make() as never)
  },
})
`

const THROWS = `import { defineRouter } from 'router-sdk'

function deep(text: string): never {
  throw new TypeError('cannot use ' + text)
}

export default defineRouter({
  route(conn) {
    if (conn.text === '') return { noop: true }
    if (conn.text === 'string') throw 'a string'
    if (conn.text === 'object') throw { not: 'an error' }
    if (conn.text === 'null') throw null
    return deep(conn.text)
  },
})
`

const forwarding = (remote: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  failure: { remote: '${remote}', reply: 'fallback ' },
  route(conn) {
    if (conn.text === '') return { noop: true }
    throw new Error('no')
  },
})
`

before(async () => {
  a = await echoServer('a')
  p = await Pointsman.start({
    routers: {
      odd: ODD,
      throws: THROWS,
      forwards: forwarding(a.remote),
      puppet: puppet(`failure: { close: 'failed\\n' },`),
      plain: puppet(),
    },
    config: { connect: { retries: 1, retryDelay: 10 } },
  })
})

after(async () => {
  await p?.stop()
  await a?.[Symbol.asyncDispose]()
})

/** What the log says of the failure of `router` that came after line `from`. */
function failureLine(router: string, from: number): Promise<LogLine> {
  return p.line(`the failure of ${router}`, (line) => line.msg === 'router failed' && line.router === router, from)
}

describe('an answer that is none', () => {
  const wrong: [answer: object, words: RegExp][] = [
    [{ remote: 5 }, /remote is a string such as 'host:80', not 5/],
    [{ remote: 'localhost' }, /"localhost" is not host:port/],
    [{ remote: '::1:80' }, /"::1:80" is not host:port, \[ipv6\]:port or unix:\/path/],
    [{ remote: '[::1]' }, /is not host:port/],
    [{ remote: 'host:0' }, /a port that is not between 1 and 65535/],
    [{ remote: 'host:65536' }, /a port that is not between 1 and 65535/],
    [{ remote: 'a:1\nb:2' }, /is not host:port/],
    [{ remote: 'unix:relative' }, /does not name an absolute path/],
    [{ remote: 'a:1', close: true }, /an answer with remote may have .*; it also has close/],
    [{ remote: 'a:1', noop: true }, /it also has noop/],
    [{ remote: 'a:1', dat: 'x' }, /it also has dat/],
    [{ remote: 'a:1', data: 5 }, /data is a string or bytes, not 5/],
    [{ remote: 'a:1', connectTimeout: 0 }, /connectTimeout is a number of milliseconds from 1 to 600000, not 0/],
    [{ remote: 'a:1', connectTimeout: '1' }, /connectTimeout is a number of milliseconds/],
    [{ remote: 'a:1', inactivityTimeout: -1 }, /inactivityTimeout is a number of milliseconds from 1 to 86400000/],
    [{ remote: 'a:1', reply: 'x', replyWhen: 'later' }, /replyWhen is 'decided' or 'connected', not "later"/],
    [{ close: false }, /close is true, a string or bytes, not false/],
    [{ close: true, noop: true }, /an answer with close may have close; it also has noop/],
    [{ noop: 1 }, /noop is true, not 1/],
    [{ noop: true, atLeast: -1 }, /atLeast is a number of bytes, 0 or more, not -1/],
    [{ say: 'x' }, /an answer has one of remote, noop or close; found say/],
    [{}, /an answer has one of remote, noop or close; found \{\}/],
  ]
  for (const [answer, words] of wrong) {
    it(`${JSON.stringify(answer)} gets the failure answer, and the log says what is wrong with it`, async () => {
      const from = p.lines.length
      const client = await dictate(await p.served('puppet'), answer)
      assert.equal(await client.end().rest(), 'failed\n')
      const { message, failure, version } = await failureLine('puppet', from)
      assert.match(String(message), words)
      assert.deepEqual({ failure, version }, { failure: 'bad-answer', version: 1 })
      const record = await p.record(client)
      assert.deepEqual([record.reason, record.failure, record.decision], ['router-failed', 'bad-answer', 'none'])
    })
  }

  const odd: [name: string, words: RegExp][] = [
    ['nothing', /an answer is an object, not undefined/],
    ['nil', /an answer is an object, not null/],
    ['text', /an answer is an object, not string/],
    ['list', /an answer is an object, not an array/],
    ['call', /an answer is an object, not function/],
    ['empty', /found \{\}/],
    ['nested', /close is object, which is not allowed there/],
    ['symbol', /close is symbol, which is not allowed there/],
    ['big', /atLeast is a number of bytes, 0 or more, not null/],
    ['getter', /from a getter/],
    ['proxy', /found \{\}/],
    ['inherited', /found \{\}/],
    ['many', /an answer has 1000 keys/],
    ['huge', /close has 65537 characters, more than 65536/],
    ['wide', /close has a character above U\+00FF at 5; use utf8/],
  ]
  for (const [name, words] of odd) {
    it(`an answer such as ${name} gets the failure answer`, async () => {
      const from = p.lines.length
      assert.equal(await exchange(await p.served('odd'), name), 'the router failed\n')
      assert.match(String((await failureLine('odd', from)).message), words)
    })
  }

  it('closes the connection where no failure answer is given', async () => {
    const client = await dictate(await p.served('plain'), { remote: 5 })
    assert.equal(await client.end().rest(), '')
    const { reason, failure, bytesDown } = await p.record(client)
    assert.deepEqual({ reason, failure, bytesDown }, { reason: 'router-failed', failure: 'bad-answer', bytesDown: 0 })
  })

  it('refuses JSON that is not what it seems, without a stack trace', async () => {
    const client = await Client.connect(await p.served('puppet'))
    client.write('{"__proto__": {"close": true}, "toString": 1}\n')
    assert.equal(await client.rest(), 'failed\n')
    assert.deepEqual(p.stderr, [])
  })
})

describe('a router that throws', () => {
  it("is named in the log with its author's file, line and column", async () => {
    const from = p.lines.length
    assert.equal(await exchange(await p.served('throws'), 'this'), '')
    const { message, at, failure, version } = await failureLine('throws', from)
    assert.deepEqual(
      { message, at, failure, version },
      { message: 'TypeError: cannot use this', at: 'throws.ts:4:9', failure: 'threw', version: 1 },
    )
  })

  const thrown: [what: string, message: RegExp][] = [
    ['string', /threw a string/],
    ['object', /threw an object that is no Error/],
    ['null', /threw null|no Error/],
  ]
  for (const [what, message] of thrown) {
    it(`may throw ${what}`, async () => {
      const from = p.lines.length
      await exchange(await p.served('throws'), what)
      assert.match(String((await failureLine('throws', from)).message), message)
    })
  }

  it('may have an upstream for a failure answer, which gets what was read', async () => {
    const client = await Client.connect(await p.served('forwards'))
    assert.equal(await client.write('hello').end().rest(), 'fallback a:hello')
    const { reason, failure, decision, upstream } = await p.record(client)
    assert.deepEqual(
      { reason, failure, decision, upstream },
      { reason: 'client-end', failure: 'threw', decision: 'forward', upstream: a.remote },
    )
  })

  it('is asked again for the next connection', async () => {
    const port = await p.served('puppet')
    await (await dictate(port, { close: 5 })).rest()
    assert.equal(await (await dictate(port, { close: 'well' })).rest(), 'well')
  })
})

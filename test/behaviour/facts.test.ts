import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange, type TestServer } from '../kit/sockets.ts'
import { dictate, puppet } from './puppet.ts'

let a: TestServer
let p: Pointsman

const FACTS = (host: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { port: 0, host: '${host}' },
  route(conn) {
    const { final, client, local, listener, now, tls } = conn
    const same = conn.bytes.length === conn.text.length && conn.bytes.every((byte, at) => byte === conn.text.charCodeAt(at))
    const clock = [Date.now() === now, new Date().getTime() === now, typeof tls]
    let frozen = ''
    try { (client as { port: number }).port = 1 } catch (error) { frozen = (error as Error).name }
    return { close: JSON.stringify({ final, client, local, listener, now, same, length: conn.bytes.length, clock, frozen }) }
  },
})
`

const TALKER = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  failure: { close: 'failed' },
  route(conn) {
    switch (conn.text) {
      case 'escapes': conn.log('one\\ntwo\\u001b[31mred\\u009b\\u2028\\u202e"quoted"\\\\', { a: [1, 'x'] }, 7, true, null, undefined); break
      case 'many': for (let i = 0; i < 1000; i++) conn.log('line', i); break
      case 'long': conn.log('x'.repeat(100_000)); break
      case 'odd': conn.log(Symbol('s'), () => 1, new Error('an error'), [undefined]); break
      case 'thrower': conn.log({ toJSON() { throw new Error('no json') } }); break
      case '': return { noop: true }
      default: conn.log('then it throws'); throw new Error('thrown')
    }
    return { close: 'said' }
  },
})
`

before(async () => {
  a = await echoServer('a')
  p = await Pointsman.start({
    routers: { facts: FACTS('127.0.0.1'), six: FACTS('::1'), any: FACTS('::'), talker: TALKER, puppet: puppet() },
  })
})

after(async () => {
  await p?.stop()
  await a?.[Symbol.asyncDispose]()
})

describe('what a router is told about a connection', () => {
  it('has the ends, the listener, the time, and the bytes as bytes and as text', async () => {
    const port = await p.served('facts')
    const client = await Client.connect(port)
    const before = Date.now()
    const every = Uint8Array.from({ length: 256 }, (_, at) => at)
    const { now, ...rest } = JSON.parse(await client.write(every).rest())
    assert.ok(now >= before && now <= Date.now(), `now is ${now}`)
    assert.deepEqual(rest, {
      final: false,
      client: { address: '127.0.0.1', port: client.port },
      local: { address: '127.0.0.1', port },
      listener: `127.0.0.1:${port}`,
      same: true,
      length: 256,
      clock: [true, true, 'undefined'],
      frozen: 'TypeError',
    })
  })

  it('has addresses of IPv6, in brackets where a port follows', async () => {
    const port = await p.served('six')
    const client = await Client.connect(port, '::1')
    const { client: from, local, listener } = JSON.parse(await client.write('x').end().rest())
    const ends = { from: { address: '::1', port: client.port }, local: { address: '::1', port } }
    assert.deepEqual({ from, local, listener }, { ...ends, listener: `[::1]:${port}` })
    const record = await p.record(client)
    assert.deepEqual([record.client, record.listener], [`[::1]:${client.port}`, `[::1]:${port}`])
  })

  it('has the address of IPv4 for a client of IPv4, whatever the listener is', async () => {
    const client = await Client.connect(await p.served('any'))
    const { client: from, local } = JSON.parse(await client.write('x').end().rest())
    assert.deepEqual([from.address, local.address], ['127.0.0.1', '127.0.0.1'])
  })

  it('says when it is asked for the last time', async () => {
    const { final } = JSON.parse(await exchange(await p.served('facts'), ''))
    assert.equal(final, true)
  })
})

describe('what a router logs', () => {
  /** Everything that the talker has said since line `from`, once its connection is recorded. */
  async function said(word: string): Promise<string[]> {
    const from = p.lines.length
    const client = await Client.connect(await p.served('talker'))
    client.write(word)
    await client.end().rest()
    await p.record(client)
    const lines = p.lines.slice(from).filter(({ msg, router }) => msg === 'router log' && router === 'talker')
    assert.ok(lines.every(({ version }) => version === 1))
    return lines.map((line) => String(line.said))
  }

  it('is one line, with what would move a cursor escaped', async () => {
    const [line = '', ...more] = await said('escapes')
    assert.deepEqual(more, [])
    assert.match(line, /one.*two.*red.*"quoted"\\+ \{"a":\[1,"x"\]\} 7 true null undefined/s)
    for (const character of ['\n', '\u001b']) assert.ok(!line.includes(character), JSON.stringify(line))
  })

  it('is at most eight lines a decision, and says that there were more', async () => {
    const lines = await said('many')
    assert.deepEqual(
      lines.slice(0, 8),
      Array.from({ length: 8 }, (_, at) => `line ${at}`),
    )
    assert.equal(lines.length, 9)
    assert.match(lines[8] ?? '', /further lines .*dropped/)
  })

  it('is at most 200 characters a line', async () => {
    const [line = ''] = await said('long')
    assert.ok(line.length <= 210 && line.startsWith('xxx'), `${line.length} characters`)
  })

  it('may be any value', async () => {
    const [line = ''] = await said('odd')
    assert.match(line, /Symbol\(s\).*Error: an error.*\[null\]/)
  })

  it('may be a value that throws: then the router failed', async () => {
    await said('thrower')
    await p.line('the failure', (line) => line.msg === 'router failed' && /no json/.test(String(line.message)))
  })

  it('is kept when the router throws afterwards', async () => {
    assert.deepEqual(await said('throws'), ['then it throws'])
  })
})

describe('what is in no log', () => {
  it('is anything that was sent: as a request, as data, as a reply, as a goodbye or afterwards', async () => {
    const port = await p.served('puppet')
    const secret = () => randomBytes(12).toString('hex')
    const [data, reply, later, goodbye, unrouted, unfinished] = Array.from({ length: 6 }, secret)
    const client = await dictate(port, { remote: a.remote, data, reply }, String(later))
    await client.receives((text) => text.includes(String(data)))
    assert.ok((await client.write(`${later}`).end().rest()).includes(String(reply)))
    assert.equal(await (await dictate(port, { close: goodbye })).rest(), goodbye)
    const bad = await dictate(port, { remote: 5, data: unrouted })
    await bad.rest()
    const partial = await Client.connect(port)
    await partial.write(String(unfinished)).end().rest()
    await p.record(partial)
    const log = JSON.stringify(p.lines) + p.stderr.join()
    for (const one of [data, reply, later, goodbye, unrouted, unfinished])
      assert.ok(!log.includes(String(one)), `the log has ${one}`)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange, TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { dictate, puppet } from './puppet.ts'
import { echoOnIpv6, Recorder, refusedRemote, UnixEcho } from './upstreams.ts'

let a: TestServer
let b: TestServer
let p: Pointsman
let menu: number
let dictated: number

/** Requests are lines, so that they mean the same however they are cut. */
const MENU = (a: string, b: string) => `import { defineRouter, utf8 } from 'router-sdk'
export default defineRouter({
  route(conn) {
    const end = conn.text.indexOf('\\n')
    if (end < 0) return { noop: true }
    const line = conn.text.slice(0, end)
    switch (line) {
      case 'a': return { remote: '${a}' }
      case 'b': return { remote: '${b}' }
      case 'c': return { remote: '${a}', data: 'ccc' }
      case 'd': return { close: 'ddd' }
      case 'g': return { remote: '${a}', data: 'g2', reply: 'g3-' }
      case 'empty': return { remote: '${a}', data: '' }
      case 'bytes': return { remote: '${a}', data: Uint8Array.of(0, 255, 10, 128), reply: new Uint8Array([254, 1]) }
      case 'close bytes': return { close: Uint8Array.of(0, 255, 10, 128) }
      case 'utf8': return { close: utf8('grüße €') }
      case 'close nothing': return { close: '' }
      case 'connected': return { remote: '${a}', reply: 'up:', replyWhen: 'connected' }
      case 'long': return { close: 'x'.repeat(60_000) + 'end' }
      default: return { close: true }
    }
  },
})
`

/** By ProxyMachine's own suite: mixed counting of what has come, so that a router may wait by length. */
const COUNTING = (a: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  route(conn) {
    if (conn.text === 'e'.repeat(conn.bytes.length)) return { noop: true }
    if (conn.text === 'e'.repeat(2048) + 'f') return { remote: '${a}' }
    return { close: true }
  },
})
`

before(async () => {
  a = await echoServer('a')
  b = await echoServer('b')
  p = await Pointsman.start({
    routers: { menu: MENU(a.remote, b.remote), puppet: puppet(), counting: COUNTING(a.remote) },
    config: { connect: { retries: 2, retryDelay: 50 } },
  })
  menu = await p.served('menu')
  dictated = await p.served('puppet')
})

after(async () => {
  await p?.stop()
  await a?.[Symbol.asyncDispose]()
  await b?.[Symbol.asyncDispose]()
})

describe('what a router may answer', () => {
  const answers: [what: string, line: string, answer: string][] = [
    ['routes by content, to one upstream', 'a', 'a:a\n'],
    ['routes by content, to the other upstream', 'b', 'b:b\n'],
    ['closes without a word', 'xxx', ''],
    ['replaces what was read with data', 'c', 'a:ccc'],
    ['says a text and closes', 'd', 'ddd'],
    ['replies to the client before the upstream does, and sends data', 'g', 'g3-a:g2'],
    ['sends bytes as they are', 'bytes', '\xfe\x01a:\x00\xff\n\x80'],
    ['closes with bytes as they are', 'close bytes', '\x00\xff\n\x80'],
    ['closes with text as UTF-8', 'utf8', Buffer.from('grüße €').toString('latin1')],
    ['closes with an empty text as with none', 'close nothing', ''],
    ['replies once the upstream has accepted', 'connected', 'up:a:connected\n'],
    ['closes with a long text', 'long', `${'x'.repeat(60_000)}end`],
  ]
  for (const [what, line, answer] of answers) {
    it(what, async () => {
      assert.equal(await exchange(menu, `${line}\n`), answer)
    })
    it(`${what}, asked one byte at a time`, async () => {
      const client = await Client.connect(menu)
      await client.dribble(`${line}\n`)
      assert.equal(await client.end().rest(), answer)
    })
    it(`${what}, asked in one write with what follows`, async () => {
      const relays = answer.includes(`${line}\n`)
      assert.equal(await exchange(menu, `${line}\nand more`), relays ? `${answer}and more` : answer)
    })
  }

  it('sends nothing for empty data, and then what comes later', async () => {
    const client = await dictate(dictated, { remote: a.remote, data: '', reply: 'go:' })
    await client.receives(/^go:$/)
    assert.equal(await client.write('later').end().rest(), 'go:a:later')
  })

  it('sends empty data to an upstream as no byte at all', async () => {
    await using upstream = await Recorder.start()
    const client = await dictate(dictated, { remote: upstream.remote, data: '' })
    client.end()
    const [heard] = await until('the upstream to hear the end', () => {
      return upstream.heard[0]?.ended ? upstream.heard : undefined
    })
    assert.equal(heard?.text, '')
    heard?.socket.end()
  })

  it('sends a reply at once, before an upstream that cannot be reached has failed', async () => {
    const remote = await refusedRemote()
    const client = await dictate(dictated, { remote, reply: 'said' })
    assert.equal(await client.rest(), 'said')
  })

  it('does not send a reply for the connected when connecting fails', async () => {
    const remote = await refusedRemote()
    const client = await dictate(dictated, { remote, reply: 'said', replyWhen: 'connected' })
    assert.equal(await client.rest(), '')
  })

  it('puts nothing before a reply, however fast the upstream is', async () => {
    await using greeter = await TestServer.start((socket) => socket.write('greeting'))
    for (const replyWhen of ['decided', 'connected']) {
      const client = await dictate(dictated, { remote: greeter.remote, reply: 'reply-', replyWhen })
      assert.equal(await client.receives(/greeting/), 'reply-greeting')
      client.destroy()
    }
  })

  it('says 60 KB to a client that reads slowly', async () => {
    const client = await Client.connect(menu)
    client.socket.pause()
    client.write('long\n')
    const record = p.record(client)
    while (!client.ended) {
      client.socket.read(1000)
      await new Promise((resolve) => setTimeout(resolve, 2))
      if (client.socket.readableLength === 0) client.socket.resume()
    }
    assert.equal(client.text, `${'x'.repeat(60_000)}end`)
    client.destroy()
    assert.equal((await record).reason, 'router-closed')
  })

  it('connects to a unix socket', async () => {
    await using upstream = new UnixEcho('unix')
    await upstream.listen()
    const client = await dictate(dictated, { remote: `unix:${upstream.path}`, data: 'hi' })
    assert.equal(await client.end().rest(), 'unix:hi')
    assert.equal((await p.record(client)).address, `unix:${upstream.path}`)
  })

  it('connects to an IPv6 address in brackets', async () => {
    await using upstream = await echoOnIpv6('six')
    const client = await dictate(dictated, { remote: `[::1]:${upstream.port}`, data: 'hi' })
    assert.equal(await client.end().rest(), 'six:hi')
    assert.equal((await p.record(client)).address, `[::1]:${upstream.port}`)
  })

  it('connects to an upstream by its name', async () => {
    const client = await dictate(dictated, { remote: `localhost:${a.port}`, data: 'hi' })
    assert.equal(await client.end().rest(), 'a:hi')
    const { upstream, address } = await p.record(client)
    assert.deepEqual({ upstream, address }, { upstream: `localhost:${a.port}`, address: `127.0.0.1:${a.port}` })
  })
})

describe('waiting for more', () => {
  it('keeps 2048 bytes until the one comes that decides', async () => {
    const client = await Client.connect(await p.served('counting'))
    client.write('e'.repeat(2048))
    await until('the bytes to be on their way', () => client.socket.writableLength === 0 || undefined)
    assert.equal(await client.write('f').end().rest(), `a:${'e'.repeat(2048)}f`)
  })

  it('keeps them when they come one at a time', async () => {
    const client = await Client.connect(await p.served('counting'))
    await client.dribble(`${'e'.repeat(2048)}f`)
    assert.equal(await client.end().rest(), `a:${'e'.repeat(2048)}f`)
  })

  it('closes when the byte that comes is another one', async () => {
    assert.equal(await exchange(await p.served('counting'), `${'e'.repeat(2047)}f`), '')
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, TestServer } from '../kit/sockets.ts'
import { Recorder } from './upstreams.ts'

let a: TestServer
let greeter: TestServer
let sink: Recorder
let p: Pointsman

const FIRST = (remote: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  onConnect: (conn) => (conn.bytes.length === 0 && !conn.final ? { remote: '${remote}' } : { close: 'bytes already' }),
})
`
const BANNER = (remote: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  onConnect: () => ({ remote: '${remote}', reply: 'our banner\\n' }),
})
`
const REFUSING = `import { defineRouter } from 'router-sdk'
export default defineRouter({ onConnect: (conn) => ({ close: 'not from ' + conn.client.address }) })
`
const EITHER = (greeter: string, a: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  onConnect: () => ({ noop: true }),
  route: (conn) => (conn.bytes.length === 0 && !conn.final ? { close: 'asked without bytes' }
    : conn.final && conn.bytes.length === 0 ? { remote: '${greeter}' } : { remote: '${a}' }),
})
`
const WAITING = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  failure: { close: 'failed' },
  onConnect: (conn) => (conn.client.port === 0 ? { close: true } : JSON.parse('{"noop": true}')),
})
`
/** Fails for real clients only, so that it loads. */
const THROWING = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  failure: { close: 'failed' },
  onConnect(conn) {
    if (conn.client.address === '127.0.0.1') throw new Error('no')
    return { close: true }
  },
  route: () => ({ close: 'routed' }),
})
`

before(async () => {
  a = await echoServer('a')
  greeter = await TestServer.start((socket) => {
    socket.write('220 ready\r\n')
    socket.on('data', (chunk) => socket.write(`250 ${chunk.toString('latin1')}`))
    socket.on('end', () => socket.end())
  })
  sink = await Recorder.start(({ socket }) => socket.on('end', () => socket.end()))
  p = await Pointsman.start({
    routers: {
      first: FIRST(greeter.remote),
      banner: BANNER(sink.remote),
      refusing: REFUSING,
      either: EITHER(greeter.remote, a.remote),
      waiting: WAITING,
    },
    config: { preread: { time: 300 } },
  })
})

after(async () => {
  await p?.stop()
  for (const server of [a, greeter, sink]) await server?.[Symbol.asyncDispose]()
})

describe('onConnect', () => {
  it('routes a client that waits for the server to speak', async () => {
    const client = await Client.connect(await p.served('first'))
    assert.equal(await client.receives(/\r\n/), '220 ready\r\n')
    await client.dribble('HELO\r\n')
    await client.receives(/250 .*\n$/s)
    assert.equal(client.text.replaceAll('250 ', ''), '220 ready\r\nHELO\r\n')
    client.end()
    const { questions, decision, reason, prereadBytes } = await p.record(client)
    assert.deepEqual(
      { questions, decision, reason, prereadBytes },
      { questions: 1, decision: 'forward', reason: 'client-end', prereadBytes: 0 },
    )
  })

  it('loses nothing of a client that does not wait', async () => {
    const port = await p.served('banner')
    const clients = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const client = await Client.connect(port)
        assert.equal(await client.write(`eager ${index}.`).end().rest(), 'our banner\n')
        return client
      }),
    )
    for (const client of clients) assert.equal((await p.record(client)).questions, 1)
    const heard = sink.heard.map(({ text }) => text).sort()
    assert.deepEqual(heard, Array.from({ length: 20 }, (_, index) => `eager ${index}.`).sort())
  })

  it('may close at once, with a text', async () => {
    const client = await Client.connect(await p.served('refusing'))
    assert.equal(await client.rest(), 'not from 127.0.0.1')
    client.end()
    assert.equal((await p.record(client)).reason, 'router-closed')
  })

  it('may wait: then route is asked when bytes have come', async () => {
    const client = await Client.connect(await p.served('either'))
    assert.equal(await client.write('hello').end().rest(), 'a:hello')
    const { questions } = await p.record(client)
    assert.ok(questions === 2 || questions === 3, `${questions} questions`)
  })

  it('may wait: then route is asked for the last time when no byte has come in time', async () => {
    const client = await Client.connect(await p.served('either'))
    assert.equal(await client.receives(/\r\n/), '220 ready\r\n')
    client.end()
    const { questions, prereadMs, decisionMs } = await p.record(client)
    assert.equal(questions, 2)
    const untilDecided = Number(prereadMs) + Number(decisionMs)
    assert.ok(untilDecided >= 290, `${untilDecided} ms until the decision`)
  })
})

describe('onConnect without route', () => {
  it('may not wait: a router that would is refused when it is loaded, or fails', async () => {
    const client = await Client.connect(await p.served('waiting'))
    assert.equal(await client.rest(), 'failed')
    client.end()
    const { reason, failure } = await p.record(client)
    assert.deepEqual({ reason, failure }, { reason: 'router-failed', failure: 'bad-answer' })
    const words = 'onConnect waits, and there is no route'
    await p.line('why', (line) => line.msg === 'router failed' && line.message === words)
  })

  it('that throws gives the failure answer before any byte', async () => {
    p.write('throwing', THROWING)
    const client = await Client.connect(await p.served('throwing'))
    assert.equal(await client.rest(), 'failed')
    client.end()
    assert.equal((await p.record(client)).failure, 'threw')
  })
})

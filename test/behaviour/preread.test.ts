import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { epollMissing } from '../../src/transport/epoll/epoll.ts'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, type TestServer } from '../kit/sockets.ts'

const LIMIT = 100
const TIME = 600
/** Bytes that a transport's first read brings at most. */
const ONE_READ = epollMissing() !== undefined || process.env.POINTSMAN_TEST_TRANSPORT === 'net' ? 65_536 : 16_384

let a: TestServer
let p: Pointsman
let roomy: Pointsman

/** Waits for ever, whatever it is told. */
const STUBBORN = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: () => ({ noop: true }) })
`
const OVERREACHING = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: () => ({ noop: true, atLeast: 1e9 }) })
`
/** Waits until it is told that there is no more, and then says what it has. */
const OBEDIENT = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.final ? { close: 'final ' + conn.bytes.length } : { noop: true }) })
`
/** Says where to at once, without a look at the bytes. */
const PROMPT = (remote: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: () => ({ remote: '${remote}' }) })
`
const ROUTING = (remote: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.final ? { remote: '${remote}' } : { noop: true }) })
`

before(async () => {
  a = await echoServer('a')
  const routers = { stubborn: STUBBORN, overreaching: OVERREACHING, obedient: OBEDIENT, routing: ROUTING(a.remote) }
  p = await Pointsman.start({ routers, config: { preread: { limit: LIMIT, time: TIME } } })
  roomy = await Pointsman.start({
    routers: { obedient: OBEDIENT, routing: ROUTING(a.remote), prompt: PROMPT(a.remote) },
  })
})

after(async () => {
  await p?.stop()
  await roomy?.stop()
  await a?.[Symbol.asyncDispose]()
})

describe('the preread limit', () => {
  it('asks a last question that shows no more than the limit', async () => {
    const client = await Client.connect(await p.served('obedient'))
    assert.equal(await client.write(Buffer.alloc(LIMIT + 50)).rest(), `final ${LIMIT}`)
    client.destroy()
    const { reason, prereadBytes, questions } = await p.record(client)
    assert.deepEqual({ reason, prereadBytes, questions }, { reason: 'router-closed', prereadBytes: 150, questions: 1 })
  })

  it('asks it as well when the bytes come one at a time', async () => {
    const client = await Client.connect(await p.served('obedient'))
    await client.dribble(Buffer.alloc(LIMIT - 1))
    await client.dribble(Buffer.alloc(1))
    assert.equal(await client.rest(), `final ${LIMIT}`)
    client.destroy()
  })

  it('loses nothing of what came beyond it when that question is answered with an upstream', async () => {
    const text = Array.from({ length: 40_000 }, (_, at) => String.fromCharCode(at % 251)).join('')
    const client = await Client.connect(await p.served('routing'))
    assert.equal(await client.write(text).end().rest(), `a:${text}`)
  })

  it('closes the connection of a router that waits even then', async () => {
    const client = await Client.connect(await p.served('stubborn'))
    assert.equal(await client.write(Buffer.alloc(LIMIT)).rest(), '')
    client.destroy()
    const { reason, decision } = await p.record(client)
    assert.deepEqual({ reason, decision }, { reason: 'preread-full', decision: 'none' })
  })

  it('is not waited beyond for what a router wants at least', async () => {
    const client = await Client.connect(await p.served('overreaching'))
    client.write(Buffer.alloc(LIMIT - 1))
    assert.equal(await client.write(Buffer.alloc(1)).rest(), '')
    client.destroy()
    assert.equal((await p.record(client)).reason, 'preread-full')
  })

  it('is 32 KiB where nothing else is configured', async () => {
    const client = await Client.connect(await roomy.served('obedient'))
    client.write(Buffer.alloc(32_767))
    client.write(Buffer.alloc(1000))
    assert.equal(await client.rest(), 'final 32768')
    client.destroy()
  })
})

describe('what a client sends while its router is asked', () => {
  const text = Array.from({ length: 500_000 }, (_, at) => String.fromCharCode(at % 251)).join('')

  it('is read after the answer, beyond some kilobytes, and nothing of it is lost', async () => {
    const client = await Client.connect(await roomy.served('prompt'))
    assert.equal(await client.write(text).end().rest(), `a:${text}`)
    const { prereadBytes } = await roomy.record(client)
    assert.ok(Number(prereadBytes) <= ONE_READ, `${prereadBytes} bytes were read before`)
  })

  it('is shown to a router that wants more', async () => {
    const client = await Client.connect(await roomy.served('obedient'))
    client.write(text.slice(0, 20_000))
    assert.equal(await client.end().rest(), 'final 20000')
    client.destroy()
  })
})

describe('the preread deadline', { concurrency: true }, () => {
  it('asks a last question, and that may be answered with an upstream', async () => {
    const client = await Client.connect(await p.served('routing'))
    const started = performance.now()
    assert.equal(await client.write('hi').receives(/hi/), 'a:hi')
    const elapsed = performance.now() - started
    assert.ok(elapsed > TIME - 100 && elapsed < TIME + 1500, `after ${elapsed} ms`)
    client.end()
    const { prereadMs, decisionMs, reason } = await p.record(client)
    const untilDecided = Number(prereadMs) + Number(decisionMs)
    assert.ok(untilDecided >= TIME - 10, `${untilDecided} ms until the decision`)
    assert.equal(reason, 'client-end')
  })

  it('asks it of a client that has sent nothing', async () => {
    const client = await Client.connect(await p.served('obedient'))
    assert.equal(await client.rest(), 'final 0')
    client.destroy()
    assert.equal((await p.record(client)).questions, 1)
  })

  it('is not put off by a client that sends a byte now and then', async () => {
    const client = await Client.connect(await p.served('obedient'))
    const started = performance.now()
    const trickle = setInterval(() => client.write('x'), 50)
    try {
      assert.match(await client.rest(), /^final [0-9]+$/)
    } finally {
      clearInterval(trickle)
      client.destroy()
    }
    const elapsed = performance.now() - started
    assert.ok(elapsed > TIME - 100 && elapsed < TIME + 1500, `after ${elapsed} ms`)
  })

  it('closes the connection of a router that waits even then', async () => {
    const client = await Client.connect(await p.served('stubborn'))
    assert.equal(await client.write('hi').rest(), '')
    client.destroy()
    const { reason, decision } = await p.record(client)
    assert.deepEqual({ reason, decision }, { reason: 'preread-timeout', decision: 'none' })
  })
})

describe("a client's end before the decision", () => {
  it('asks a last question, and the answer reaches the client', async () => {
    const client = await Client.connect(await p.served('obedient'))
    assert.equal(await client.write('half').end().rest(), 'final 4')
  })

  it('is passed on to an upstream that the last answer names', async () => {
    const client = await Client.connect(await p.served('routing'))
    assert.equal(await client.write('half').end().rest(), 'a:half')
    assert.equal((await p.record(client)).reason, 'client-end')
  })

  it('asks it of a client that has sent nothing', async () => {
    const client = await Client.connect(await roomy.served('obedient'))
    assert.equal(await client.end().rest(), 'final 0')
  })

  it('closes the connection of a router that waits even then', async () => {
    const client = await Client.connect(await p.served('stubborn'))
    assert.equal(await client.write('hi').end().rest(), '')
    const { reason, questions } = await p.record(client)
    assert.equal(reason, 'client-left')
    assert.ok(questions === 1 || questions === 2, `${questions} questions`)
  })

  it('is a reset: nobody is asked, and the record says so', async () => {
    const from = p.lines.length
    const client = await Client.connect(await p.served('overreaching'))
    client.reset()
    // reset before it was accepted, it may have no address
    const { questions } = await p.line('its record', ({ reason }) => reason === 'client-reset', from)
    assert.equal(questions, 0)
  })
})

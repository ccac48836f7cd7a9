import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { dictate, puppet } from './puppet.ts'
import { Recorder, UnixEcho } from './upstreams.ts'

let sink: Recorder
let hasher: TestServer
let p: Pointsman

/** Decides when 100 bytes have come. */
const PATIENT = (remote: string, atLeast = '') => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  route: (conn) => (conn.bytes.length < 100 ? { noop: true${atLeast} } : { remote: '${remote}' }),
})
`
/** Says about how many bytes it is asked, and wants fewer than there are. */
const VAGUE = (remote: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  route(conn) {
    if (conn.bytes.length > 0) conn.log(conn.bytes.length)
    return conn.bytes.length < 100 ? { noop: true, atLeast: 3 } : { remote: '${remote}' }
  },
})
`

/** An upstream that answers the length and hash of everything, once it has all come. */
function hashServer(): Promise<TestServer> {
  return TestServer.start((socket) => {
    const hash = createHash('sha256')
    let length = 0
    socket.on('data', (chunk) => {
      hash.update(chunk)
      length += chunk.length
    })
    socket.on('end', () => socket.end(`${length} ${hash.digest('hex')}`))
  })
}

const summary = (bytes: Uint8Array) => `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`

before(async () => {
  sink = await Recorder.start(({ socket }) => socket.on('end', () => socket.end()))
  hasher = await hashServer()
  p = await Pointsman.start({
    routers: {
      puppet: puppet(),
      patient: PATIENT(hasher.remote, ', atLeast: 100'),
      eager: PATIENT(hasher.remote),
      vague: VAGUE(hasher.remote),
    },
    config: { connect: { retries: 1000, retryDelay: 100 } },
  })
})

after(async () => {
  await p?.stop()
  await sink?.[Symbol.asyncDispose]()
  await hasher?.[Symbol.asyncDispose]()
})

describe('bytes that were read before the decision', () => {
  for (const size of [100, 101, 32_767, 32_768, 32_769, 65_536, 1_000_000]) {
    it(`are replayed once and in order, ${size} of them in one write`, async () => {
      const bytes = randomBytes(size)
      const client = await Client.connect(await p.served('patient'))
      assert.equal(await client.write(bytes).end().rest(), summary(bytes))
      const { bytesUp, bytesDown } = await p.record(client)
      assert.deepEqual({ bytesUp, bytesDown }, { bytesUp: size, bytesDown: summary(bytes).length })
    })
  }

  it('are replayed once and in order when each comes by itself', async () => {
    const bytes = randomBytes(300)
    const client = await Client.connect(await p.served('eager'))
    await client.dribble(bytes)
    assert.equal(await client.end().rest(), summary(bytes))
  })

  it('are replayed once and in order on many connections at once, cut at any place', async () => {
    const port = await p.served('eager')
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const bytes = randomBytes(20_000)
        const client = await Client.connect(port)
        for (let at = 0, step = 1; at < bytes.length; at += step, step = 1 + ((step * 7 + index) % 1999)) {
          client.write(bytes.subarray(at, at + step))
          await new Promise((resolve) => setImmediate(resolve))
        }
        assert.equal(await client.end().rest(), summary(bytes))
      }),
    )
  })

  it('are followed by what comes while the upstream is being connected', async () => {
    const bytes = randomBytes(200_000)
    await using late = new UnixEcho('late')
    const client = await dictate(await p.served('puppet'), { remote: `unix:${late.path}`, reply: 'wait:', data: 'D' })
    await client.receives(/wait:/)
    client.write(bytes).end()
    await late.listen()
    const answer = await client.rest()
    assert.equal(answer.length, 'wait:late:D'.length + bytes.length)
    assert.equal(answer, `wait:late:D${bytes.toString('latin1')}`)
    assert.ok(Number((await p.record(client)).attempts) >= 1)
  })

  it('are followed by what comes while connecting without data, too', async () => {
    await using late = new UnixEcho('late')
    const answer = { remote: `unix:${late.path}`, reply: 'wait:' }
    const client = await dictate(await p.served('puppet'), answer, 'first ')
    await client.receives(/wait:/)
    await client.dribble('second')
    await late.listen()
    assert.equal(await client.end().rest(), `wait:late:${JSON.stringify(answer)}\nfirst second`)
  })
})

describe('a client that sends on while its upstream is being connected', () => {
  it('is made to wait, and then nothing of what it sent is missing', async () => {
    const bytes = randomBytes(24 * 1024 * 1024)
    await using late = new UnixEcho('')
    const client = await dictate(await p.served('puppet'), { remote: `unix:${late.path}`, reply: 'wait', data: '' })
    await client.receives(/wait/)
    client.write(bytes).end()
    let before = -1
    const queued = await until('the client to be stuck', async () => {
      const { writableLength } = client.socket
      await new Promise((resolve) => setTimeout(resolve, 100))
      const stuck = writableLength === before
      before = writableLength
      return stuck ? writableLength : undefined
    })
    assert.ok(queued > 12 * 1024 * 1024, `${queued} bytes wait in the client`)
    await late.listen()
    await client.rest()
    assert.equal(summary(client.received.subarray('wait:'.length)), summary(bytes))
  })
})

describe('the router', () => {
  it('is asked about bytes that come one by one at once, and when there are many about more of them together', async () => {
    const client = await Client.connect(await p.served('eager'))
    await client.dribble(Buffer.alloc(400, 1))
    await client.end().rest()
    const { questions, prereadBytes, bytesUp } = await p.record(client)
    assert.ok(Number(questions) >= 1 && Number(questions) <= 60, `${questions} questions`)
    // from the hundredth on it has what it wants, and may have been asked with more
    assert.ok(Number(prereadBytes) >= 100 && Number(prereadBytes) <= 400, `${prereadBytes} bytes`)
    assert.equal(bytesUp, 400)
  })

  it('is not asked before the bytes are there that it wants at least', async () => {
    const client = await Client.connect(await p.served('patient'))
    const one = Buffer.alloc(1, 1)
    client.write(one)
    await until('the first question', () => client.socket.writableLength === 0 || undefined)
    await client.dribble(Buffer.alloc(99, 1))
    await client.end().rest()
    const { questions } = await p.record(client)
    assert.ok(Number(questions) <= 2, `${questions} questions`)
  })

  it('is asked again only for bytes that it has not seen, when it wants fewer than there are', async () => {
    const from = p.lines.length
    const said = () => p.lines.slice(from).filter(({ msg, router }) => msg === 'router log' && router === 'vague')
    const asked = () => said().map((line) => Number(line.said))
    const client = await Client.connect(await p.served('vague'))
    client.write(Buffer.alloc(50, 1))
    await until('the first question', () => asked()[0])
    await client.dribble(Buffer.alloc(50, 1))
    await client.end().rest()
    const { questions } = await p.record(client)
    const lengths = await until(
      'all that was logged',
      () => (asked().length === questions ? asked() : undefined),
      asked,
    )
    assert.deepEqual([lengths[0], lengths.at(-1)], [50, 100])
    assert.ok(
      lengths.every((length, at) => at === 0 || length > (lengths[at - 1] ?? 0)),
      `asked about ${lengths} bytes`,
    )
  })

  const endings: [what: string, answer: () => Record<string, unknown>][] = [
    ['close', () => ({ close: 'bye' })],
    ['remote', () => ({ remote: sink.remote, reply: 'bye' })],
  ]
  for (const [what, answer] of endings) {
    it(`is asked no more once it has answered ${what}, whatever else comes`, async () => {
      const client = await dictate(await p.served('puppet'), answer())
      await client.receives(/bye/)
      await client.dribble('more and more')
      client.write(Buffer.alloc(100_000)).end()
      await client.rest()
      client.destroy()
      assert.equal((await p.record(client)).questions, 1)
    })
  }
})

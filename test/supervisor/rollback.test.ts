import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Probation } from '../../src/supervisor/probation.ts'
import { type LogLine, Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange, type TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'

const RULES = { decisions: 10, failures: 3 }

let p: Pointsman
let echo: TestServer
before(async () => {
  echo = await echoServer('up')
  p = await Pointsman.start({
    routers: { keep: answers("{ close: 'keep' }") },
    config: { rollback: RULES, workers: 2, strikes: { limit: 100 }, tenants: { defaults: { ports: ['*'] } } },
  })
})
after(async () => {
  await p?.stop()
  await echo?.[Symbol.asyncDispose]()
})

/** A router that waits for a byte; `body` sees it as `conn`. */
function answers(answer: string, body = ''): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  failure: { close: 'failed' },
  route(conn) {
    if (conn.bytes.length === 0) return { noop: true }
    ${body}
    return ${answer}
  },
})
`
}

const BAD = answers("{ close: 'never' }", "if (conn.text !== 'good') throw new Error('not on my watch')")

function next(router: string, msg: string, from: number): Promise<LogLine> {
  return p.line(`${msg} of ${router}`, (line) => line.router === router && line.msg === msg, from)
}

/** Serves a good version, then `bad`; the port, and the line of the log from which things happen. */
async function replaced(router: string, bad: string): Promise<{ port: number; from: number }> {
  p.write(router, answers("{ close: 'one' }"))
  const port = await p.served(router)
  p.write(router, bad)
  await p.served(router, 2)
  return { port, from: p.lines.length }
}

async function untilSaid(port: number, said: string): Promise<void> {
  await until(
    `the answer ${said}`,
    async () => ((await exchange(port, 'x')) === said ? true : undefined),
    () => p.lines.slice(-10),
  )
}

test('a version whose first decisions fail goes back to the one before, in one line that says why and where', async () => {
  const { port, from } = await replaced('a', BAD)
  await untilSaid(port, 'one')
  const line = await next('a', 'router rolled back', from)
  assert.deepEqual([line.from, line.to], [2, 1])
  assert.match(
    String(line.reason),
    /^[3-9] of its first \d+ decisions failed: version 1 serves again; the first: threw: .*not on my watch/,
  )
  assert.match(String(line.at), /^a\.ts:7:\d+$/)
  const client = await Client.connect(port)
  assert.equal(await client.write('x').rest(), 'one')
  const record = await p.record(client)
  assert.equal(record.version, 1)
})

test('the failed version is not tried again by itself, but when its file changes, and the number goes on', async () => {
  const { port, from } = await replaced('b', BAD)
  await untilSaid(port, 'one')
  await next('b', 'router rolled back', from)
  p.write('b.t.json', '{}')
  await next('b', 'router tables changed', from)
  assert.equal(await exchange(port, 'x'), 'one')
  p.write('b', answers("{ close: 'three' }"))
  assert.equal((await next('b', 'router active', from)).version, 3)
  assert.equal(await exchange(port, 'x'), 'three')
})

test('a tenant that is released has its failed version tried again', async () => {
  const { port, from } = await replaced('acme/r', BAD.replace("'never'", "'good'"))
  await untilSaid(port, 'one')
  await next('acme/r', 'router rolled back', from)
  assert.match(String((await next('acme/r', 'router failed', from)).at), /^acme\/r\.ts:7:\d+$/)
  const later = p.lines.length
  const { code, stderr } = await p.command('tenants', 'release', 'acme')
  assert.deepEqual([code, stderr], [0, ''])
  assert.equal((await next('acme/r', 'router active', later)).version, 3)
  assert.equal(await exchange(port, 'good'), 'good')
})

test('a save that takes the failed version back is unchanged, and no more is held against the router', async () => {
  const { port, from } = await replaced('c', BAD)
  await untilSaid(port, 'one')
  await next('c', 'router rolled back', from)
  p.write('c', answers("{ close: 'one' }"))
  assert.equal((await next('c', 'router unchanged', from)).version, 1)
})

test('a version that fails less than half of its first decisions, or later, stays', async () => {
  const { port, from } = await replaced('d', BAD.replace("'never'", "'good'"))
  for (let time = 0; time < 20; time++) assert.equal(await exchange(port, 'good'), 'good')
  for (let time = 0; time < 6; time++) assert.equal(await exchange(port, 'x'), 'failed')
  p.write('sentinel', answers("{ close: 'end' }"))
  await next('sentinel', 'router active', from)
  assert.equal(await exchange(port, 'good'), 'good')
  assert.equal(
    p.lines.slice(from).some(({ router, msg }) => router === 'd' && msg === 'router rolled back'),
    false,
  )
})

test('the first version of a router stays, having nothing to go back to', async () => {
  p.write('first', BAD.replace("'never'", "'good'"))
  const port = await p.served('first')
  for (let time = 0; time < 8; time++) assert.equal(await exchange(port, 'x'), 'failed')
  assert.equal(await exchange(port, 'good'), 'good')
})

test('connections that are relayed notice nothing of it', async () => {
  p.write('relay', answers(`{ remote: '${echo.remote}' }`))
  const port = await p.served('relay')
  const client = await Client.connect(port)
  await client.write('a').receives(/^up:a/)
  p.write('relay', BAD)
  await p.served('relay', 2)
  const from = p.lines.length
  for (let time = 0; time < 4; time++) await exchange(port, 'x')
  await next('relay', 'router rolled back', from)
  assert.equal(await client.write('b').end().rest(), 'up:ab')
})

test('a version that kills its sandbox host goes back as well', async () => {
  const { port, from } = await replaced('loops', answers("{ close: 'never' }", 'for (;;) {}'))
  await untilSaid(port, 'one')
  assert.match(String((await next('loops', 'router rolled back', from)).reason), /the first: (timeout|killed): /)
})

test('counts of several workers are summed, the newest of each', () => {
  const probation = new Probation()
  probation.watch(7)
  assert.deepEqual(probation.count(0, { id: 7, decisions: 2, failed: 2 }, RULES), { kind: 'open' })
  assert.deepEqual(probation.count(1, { id: 8, decisions: 9, failed: 9 }, RULES), { kind: 'open' })
  assert.deepEqual(probation.count(0, { id: 7, decisions: 3, failed: 2 }, RULES), { kind: 'open' })
  const bad = probation.count(1, { id: 7, decisions: 2, failed: 1 }, RULES)
  assert.equal(bad.kind === 'bad' && bad.sum.decisions, 5)
  assert.deepEqual(probation.count(1, { id: 7, decisions: 3, failed: 3 }, RULES), { kind: 'open' })
})

test('what is good after its first decisions is not watched any more', () => {
  const probation = new Probation()
  probation.watch(7)
  assert.deepEqual(probation.count(0, { id: 7, decisions: 10, failed: 4 }, RULES), { kind: 'good' })
  assert.deepEqual(probation.count(0, { id: 7, decisions: 20, failed: 14 }, RULES), { kind: 'open' })
})

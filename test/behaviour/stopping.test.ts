import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { descendants, gone } from './processes.ts'
import { dictate, puppet } from './puppet.ts'
import { BlackHole } from './upstreams.ts'

interface Scene {
  readonly p: Pointsman
  readonly port: number
  readonly remote: string
  readonly pids: readonly number[]
}

/** The program with one router, ready to be stopped; all its processes must be gone in the end. */
async function scene(t: TestContext, config: object = {}): Promise<Scene> {
  const echo = await echoServer('a')
  t.after(() => echo[Symbol.asyncDispose]())
  const p = await Pointsman.start({ routers: { puppet: puppet() }, config })
  t.after(() => p.stop())
  await p.line('the start', ({ msg }) => msg === 'pointsman serves')
  const pids = [p.pid, ...descendants(p.pid)]
  assert.ok(pids.length >= 4, `a supervisor, a worker, a host and a spare: ${pids}`)
  return { p, port: await p.served('puppet'), remote: echo.remote, pids }
}

async function relayed({ port, remote }: Scene): Promise<Client> {
  const client = await dictate(port, { remote, data: 'hi' })
  await client.receives(/^a:hi$/)
  return client
}

/** Nothing listens there any more. */
async function closes(port: number): Promise<void> {
  await until('new connections to be refused', async () => {
    const client = await Client.connect(port).catch(() => undefined)
    client?.destroy()
    return client === undefined || undefined
  })
}

async function ping(client: Client): Promise<void> {
  const { length } = client.text
  client.write('ping')
  await client.receives((text) => text.length === length + 4)
}

const says = ({ p }: Scene, text: string) => p.line(text, ({ msg }) => msg === text)

describe('QUIT', { concurrency: true }, () => {
  it('accepts no more, waits for every connection however long the drain time is, and exits with 0', async (t) => {
    const it = await scene(t, { drainTime: 100 })
    const [one, two] = [await relayed(it), await relayed(it)]
    it.p.signal('SIGQUIT')
    await says(it, 'Received QUIT signal. No longer accepting new connections.')
    await says(it, 'Waiting for 2 connections to finish.')
    await closes(it.port)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await ping(one)
    one.end()
    assert.equal((await it.p.record(one)).reason, 'client-end')
    await says(it, 'Waiting for 1 connections to finish.')
    await ping(two)
    two.end()
    assert.deepEqual(await it.p.exited(), { code: 0, signal: null })
    assert.equal((await it.p.record(two)).reason, 'client-end')
    await gone(it.pids)
  })

  it('still lets a connection be decided that came before it', async (t) => {
    const it = await scene(t)
    const client = await Client.connect(it.port)
    client.write(JSON.stringify({ remote: it.remote, data: 'decided' }))
    const early = await relayed(it)
    early.end()
    await it.p.record(early)
    it.p.signal('SIGQUIT')
    await closes(it.port)
    client.write('\n')
    await client.receives(/^a:decided$/)
    client.end()
    assert.deepEqual(await it.p.exited(), { code: 0, signal: null })
  })

  it('is hurried by TERM', async (t) => {
    const it = await scene(t, { drainTime: 100 })
    const client = await relayed(it)
    it.p.signal('SIGQUIT')
    await closes(it.port)
    it.p.signal('SIGTERM')
    assert.deepEqual(await it.p.exited(), { code: 1, signal: null })
    assert.equal((await it.p.record(client)).reason, 'drain-forced')
    await gone(it.pids)
  })
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  describe(signal.replace('SIG', ''), () => {
    it('ends what is left when the drain time is up, whatever it is doing, and exits with 1', async (t) => {
      await using hole = await BlackHole.start()
      const it = await scene(t, { drainTime: 400 })
      const flowing = await relayed(it)
      const connecting = await dictate(it.port, { remote: hole.remote, reply: 'r' })
      await connecting.receives(/r/)
      const undecided = await Client.connect(it.port)
      undecided.write('{')
      const started = performance.now()
      it.p.signal(signal)
      assert.deepEqual(await it.p.exited(), { code: 1, signal: null })
      const elapsed = performance.now() - started
      assert.ok(elapsed >= 380 && elapsed < 5000, `after ${elapsed} ms`)
      for (const client of [flowing, connecting, undecided]) {
        await client.rest()
        assert.equal((await it.p.record(client)).reason, 'drain-forced')
      }
      await gone(it.pids)
    })
  })

describe('TERM, when connections end by themselves,', { concurrency: true }, () => {
  it('exits with 0 at once when nothing is connected', async (t) => {
    const it = await scene(t)
    const started = performance.now()
    it.p.signal('SIGTERM')
    assert.deepEqual(await it.p.exited(), { code: 0, signal: null })
    assert.ok(performance.now() - started < 5000)
    await gone(it.pids)
  })

  it('exits with 0 when the connections end in time', async (t) => {
    const it = await scene(t)
    const client = await relayed(it)
    it.p.signal('SIGTERM')
    await says(it, 'Maximum time to wait for connections is 10 seconds.')
    await closes(it.port)
    await ping(client)
    client.end()
    assert.deepEqual(await it.p.exited(), { code: 0, signal: null })
    assert.equal((await it.p.record(client)).reason, 'client-end')
  })
})

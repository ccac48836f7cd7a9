import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange, type TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { gone } from './processes.ts'
import { dictate, puppet } from './puppet.ts'

const OBEDIENT = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.final ? { close: 'final ' + conn.bytes.length } : { noop: true }) })
`

let echo: TestServer
let p: Pointsman
let files: Pointsman
let folder: string

before(async () => {
  echo = await echoServer('a')
  folder = mkdtempSync(join(tmpdir(), 'pointsman-logs-'))
  p = await Pointsman.start({ routers: { obedient: OBEDIENT, puppet: puppet() } })
  files = await Pointsman.start({
    routers: { puppet: puppet() },
    config: { log: { file: join(folder, 'main.log'), access: join(folder, 'access.log') } },
    expect: [],
  })
})

after(async () => {
  await p?.stop()
  await files?.stop()
  await echo?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

async function reload(msg: RegExp): Promise<Record<string, unknown>> {
  const from = p.lines.length
  p.signal('SIGHUP')
  return p.line(String(msg), (line) => msg.test(line.msg), from)
}

describe('HUP', () => {
  it('puts a new configuration in force for new connections, and leaves those there are alone', async () => {
    const port = await p.served('obedient')
    p.configure({ preread: { limit: 50 } })
    await reload(/configuration reloaded/)
    await until('the old limit', async () => (await exchangeOpen(port, 200)) === 'final 50' || undefined)
    const flowing = await dictate(await p.served('puppet'), { remote: echo.remote, data: '' })
    const waiting = await Client.connect(port)
    waiting.write(Buffer.alloc(20))
    // connections are accepted in their order: it has been, too
    assert.equal(await exchangeOpen(port, 200), 'final 50')
    p.configure({ preread: { limit: 100 } })
    assert.deepEqual((await reload(/configuration reloaded/)).needRestart, [])
    await until('the new limit', async () => (await exchangeOpen(port, 200)) === 'final 100' || undefined)
    assert.equal(await waiting.write(Buffer.alloc(100)).receives(/final/), 'final 50')
    waiting.destroy()
    assert.equal(await flowing.write('still there').end().rest(), 'a:still there')
  })

  it('says which settings need a restart', async () => {
    p.configure({ workers: 2 })
    assert.deepEqual((await reload(/configuration reloaded/)).needRestart, ['workers'])
    p.configure({})
    assert.deepEqual((await reload(/configuration reloaded/)).needRestart, ['workers'])
  })

  for (const [what, text, words] of [
    ['no JSON', '{"preread": ', /not JSON/],
    ['a misspelt key', '{"preread": {"limt": 3}}', /limt/],
    ['a value of the wrong type', '{"preread": {"limit": "many"}}', /preread\.limit/],
  ] as const)
    it(`with a configuration that has ${what} changes nothing, and says why`, async () => {
      p.configure({ preread: { limit: 70 } })
      await reload(/configuration reloaded/)
      p.configure(text)
      const { reason } = await reload(/configuration not reloaded/)
      assert.match(String(reason), words)
      assert.equal(await exchangeOpen(await p.served('obedient'), 200), 'final 70')
    })

  it('opens the log files again, so that they can be moved away', async () => {
    const [main, access] = [join(folder, 'main.log'), join(folder, 'access.log')]
    const port = await until('the router to be served', () => {
      const active = lines(main).find(({ msg }) => msg === 'router active')
      return active === undefined ? undefined : Number(String(active.listen).replace(/^.*:/, ''))
    })
    const records = async (file: string, count: number) =>
      until(`${count} records in ${file}`, () => (lines(file).length === count ? lines(file) : undefined))
    assert.equal(await exchange(port, '{"close": "one"}\n'), 'one')
    await records(access, 1)
    renameSync(main, `${main}.1`)
    renameSync(access, `${access}.1`)
    files.signal('SIGHUP')
    await until('the new log', () => lines(main).find(({ msg }) => msg === 'configuration reloaded'))
    await until('the access log to be there', () => exists(access) || undefined)
    assert.equal(await exchange(port, '{"close": "two"}\n'), 'two')
    const [record] = await records(access, 1)
    assert.deepEqual([record?.msg, record?.router, record?.reason], ['connection', 'puppet', 'router-closed'])
    assert.equal(lines(`${access}.1`).length, 1)
    assert.ok(lines(`${main}.1`).some(({ msg }) => msg === 'router active'))
    assert.deepEqual([files.lines, files.stderr], [[], []])
    const pids = [files.pid, ...files.workerPids]
    files.signal('SIGTERM')
    assert.equal((await files.exited()).code, 0)
    await gone(pids)
    assert.ok(lines(main).some(({ msg }) => msg === 'every connection has finished'))
  })
})

/** Sends that many bytes and leaves the connection open: what the router says to them. */
async function exchangeOpen(port: number, count: number): Promise<string> {
  const client = await Client.connect(port)
  const text = await client.write(Buffer.alloc(count)).rest()
  client.destroy()
  return text
}

function exists(file: string): boolean {
  try {
    readFileSync(file)
    return true
  } catch {
    return false
  }
}

function lines(file: string): Record<string, unknown>[] {
  if (!exists(file)) return []
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return whole.map((line) => JSON.parse(line))
}

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PROTOCOL_VERSION } from '../../sdk/src/sandbox/frames.ts'
import { commandLine, kill, type LogLine, Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange, type TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'

const USURPER = readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'hosts', 'usurper.cjs'), 'utf8').replace(
  /(?<=PROTOCOL_VERSION = )\d+/,
  String(PROTOCOL_VERSION),
)
const MiB = 1_048_576
const router = (name: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: '${name}' }) })
`
const answer = (value: object) =>
  JSON.stringify({ answer: value }).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** All hosts of the real program are the attacker's, and say what clients dictate. */
let p: Pointsman
let granted: TestServer
before(async () => {
  granted = await echoServer('granted')
  p = await Pointsman.start({
    routers: { 'acme/r': router('acme'), 'victim/r': router('victim') },
    config: {
      strikes: { limit: 1000 },
      tenants: { defaults: { ports: ['*'] }, named: { victim: { reach: [granted.remote] } } },
    },
  })
  await usurp()
})
after(async () => {
  await p?.stop()
  await granted[Symbol.asyncDispose]()
})

/** Overwrites the hosts' program, and ends those that still run the one that it was. */
async function usurp(): Promise<void> {
  for (const file of new Set(p.hostPids.map((pid) => /\/\S*\/host\.cjs/.exec(commandLine(pid))?.[0] ?? '')))
    writeFileSync(file, USURPER)
  p.hostPids.forEach(kill)
  const port = await p.served('acme/r')
  await until('a usurper to answer', async () =>
    (await exchange(port, answer({ close: 'usurped' }))) === 'usurped' ? true : undefined,
  )
}

/** Dictates what the host says about a connection to `of`; the access record, and what its client got. */
async function dictate(of: string, said: string): Promise<{ record: LogLine; got: string }> {
  const client = await Client.connect(await p.served(of))
  try {
    const got = await client.write(Buffer.from(said, 'latin1')).end().rest()
    return { record: await p.record(client), got }
  } finally {
    client.destroy()
  }
}

const refused: Readonly<Record<string, () => string>> = {
  'an upstream that only another tenant may name': () => granted.remote,
  'this machine': () => '127.0.0.1:22',
  'a private network': () => '10.0.0.1:80',
  'the metadata service': () => '169.254.169.254:80',
  'a socket of this machine': () => 'unix:/var/run/docker.sock',
}

describe('hosts that were taken over, in the real program', () => {
  for (const [what, upstream] of Object.entries(refused))
    it(`cannot have a tenant connected to ${what}`, async () => {
      const { record, got } = await dictate('acme/r', answer({ remote: upstream() }))
      assert.equal(record.reason, 'not-allowed')
      assert.equal(got, '')
      assert.equal(granted.sockets.size, 0)
    })

  it('can do for a tenant what that tenant may do', async () => {
    const { got } = await dictate('victim/r', answer({ remote: granted.remote, data: 'hello' }))
    assert.equal(got, 'granted:hello')
  })

  it('cannot make anybody answer what is no answer', async () => {
    for (const [value, failure] of OUT_OF_RANGE) {
      const { record, got } = await dictate('acme/r', answer(value))
      assert.equal(record.failure, failure, JSON.stringify(value))
      assert.equal(got, '')
    }
  })

  it('are killed for what cannot be, and the next connection is served', async () => {
    for (const [said, says] of VIOLATIONS) {
      const from = p.lines.length
      const { record } = await dictate('acme/r', said)
      assert.equal(record.failure, 'killed', said.slice(0, 40))
      const line = await p.line('the host to be lost', ({ msg }) => msg === 'sandbox host lost', from)
      assert.match(JSON.stringify(line), says, said.slice(0, 40))
      assert.equal((await dictate('victim/r', answer({ close: 'served' }))).got, 'served')
    }
  })

  it('write no line of the log but as their router, cut and escaped', async () => {
    const from = p.lines.length
    const forged = '\n{"level":60,"msg":"forged"}\r\u001b[2J'
    const log = [forged, 'x'.repeat(12_000), ...Array.from({ length: 7 }, () => '\u2028')]
    await dictate('acme/r', JSON.stringify({ answer: { close: true }, log }))
    const lines = p.lines.slice(from).filter(({ msg }) => msg !== 'connection')
    assert.ok(lines.length > 0 && JSON.stringify(lines).length < 8192)
    for (const { router, msg, said } of lines) {
      assert.deepEqual([router, msg], ['acme/r', 'router log'])
      assert.ok(typeof said === 'string' && !/[\p{Cc}\u2028]/u.test(said), JSON.stringify(said))
    }
  })

  it('can have the worker remember what they said, for that router alone and no longer than they live', async () => {
    const forged = JSON.stringify({ answer: { close: 'forged' }, read: 0 })
    assert.equal((await dictate('acme/r', forged)).got, 'forged')
    assert.equal((await dictate('acme/r', answer({ close: 'another' }))).got, 'forged')
    assert.equal((await dictate('victim/r', answer({ close: 'served' }))).got, 'served')
    p.hostPids.forEach(kill)
    await until('what they said to be forgotten', async () =>
      (await dictate('acme/r', answer({ close: 'asked' }))).got === 'asked' ? true : undefined,
    )
  })

  it('have not got at the memory or the descriptors of the worker', async () => {
    const [worker = -1] = p.workerPids
    const resident = () => Number(readFileSync(`/proc/${worker}/statm`, 'latin1').split(' ')[1]) * 4096
    const before = resident()
    for (let n = 0; n < 3; n++) await dictate('acme/r', `!ffff0f00${'43'.repeat(8000)}`)
    assert.ok(resident() - before < 48 * MiB, `${(resident() - before) / MiB} MiB more`)
    await until('descriptors of lost hosts to be closed', () =>
      readdirSync(`/proc/${worker}/fd`).filter((fd) => linkOf(worker, fd).startsWith('socket:')).length < 40
        ? true
        : undefined,
    )
  })
})

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return ''
  }
}

/** Answers with every field out of its range, one at a time. */
const OUT_OF_RANGE: readonly (readonly [object, string])[] = [
  [{}, 'bad-answer'],
  [{ remote: 5 }, 'bad-answer'],
  [{ remote: 'host' }, 'bad-answer'],
  [{ remote: 'host:0' }, 'bad-answer'],
  [{ remote: 'host:65536' }, 'bad-answer'],
  [{ remote: 'a\r\nb:80' }, 'bad-answer'],
  [{ remote: 'a:1', data: 5 }, 'bad-answer'],
  [{ remote: 'a:1', data: '\u0100' }, 'bad-answer'],
  [{ remote: 'a:1', reply: null }, 'bad-answer'],
  [{ remote: 'a:1', replyWhen: 'later' }, 'bad-answer'],
  [{ remote: 'a:1', connectTimeout: 0 }, 'bad-answer'],
  [{ remote: 'a:1', connectTimeout: 1e300 }, 'bad-answer'],
  [{ remote: 'a:1', inactivityTimeout: -1 }, 'bad-answer'],
  [{ remote: 'a:1', inactivityTimeout: '5' }, 'bad-answer'],
  [{ remote: 'a:1', toString: 'x' }, 'bad-answer'],
  [{ close: 5 }, 'bad-answer'],
  [{ close: '\u0100' }, 'bad-answer'],
  [{ noop: 1 }, 'bad-answer'],
  [{ noop: true, atLeast: -1 }, 'bad-answer'],
  [{ noop: true, atLeast: '1' }, 'bad-answer'],
]

/** What a host says that no host of ours would, and what is said of it. */
const VIOLATIONS: readonly (readonly [string, RegExp])[] = [
  ['nothing', /not JSON/],
  [`{"answer":${'['.repeat(15_000)}`, /not JSON/],
  [`{"lookup":{"table":"t","key":"${'k'.repeat(1025)}"}}`, /a bad key/],
  [`{"failed":"threw","message":"m","stack":"${'s'.repeat(1002)}"}`, /without a stack/],
  [`{"answer":{"close":true},"log":[${'"l",'.repeat(9)}"l"]}`, /not a short list/],
  ['!ffffffff43', /a frame of \d+ bytes/],
  ['!0500000041020000', /no answer after|answers nothing/],
  ['!050000004102000000', /answers nothing that was asked/],
]

import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { kill, Pointsman } from '../kit/pointsman.ts'
import { Client, exchange } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'

/** Against all rules it counts: its answer tells whether it was asked. */
const counting = (more = '') => `import { defineRouter } from 'router-sdk'
let asked = 0
export default defineRouter({
  ${more}
  route(conn) {
    if (conn.text === '') return { noop: true }
    asked += 1
    return { close: conn.text + asked }
  },
})
`
const LOOKS = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  failure: { close: 'failed' },
  route: (conn) => (conn.text === '' ? { noop: true } : { close: conn.lookup('homes', conn.text) ?? 'none' }),
})
`
const ports = ['*']
const recorded = join(tmpdir(), `pointsman-memo-${process.pid}.jsonl`)

let p: Pointsman
before(async () => {
  p = await Pointsman.start({
    routers: {
      'acme/counts': counting(),
      'acme/asked': counting('memo: false,'),
      'quiet/counts': counting(),
      'acme/looks': LOOKS,
      'acme/looks.homes.json': '{ "a": "one" }',
    },
    config: {
      tenants: { defaults: { ports }, named: { quiet: { limits: { memoBytes: 0 } } } },
      record: { file: recorded },
    },
  })
})
after(async () => {
  await p?.stop()
  rmSync(recorded, { force: true })
})

async function ask(router: string, bytes: string): Promise<string> {
  return exchange(await p.served(router), bytes)
}

async function hits(tenant: string): Promise<{ memoHits: number; decisions: number }> {
  const status: { tenants: { tenant: string; memoHits: number; decisions: number }[] } = JSON.parse(
    (await p.command('status')).stdout,
  )
  return status.tenants.find((each) => each.tenant === tenant) ?? { memoHits: 0, decisions: 0 }
}

describe('decisions that are remembered', () => {
  it('cost no question, and are connections like others to records and recordings', async () => {
    const before = await hits('acme')
    assert.deepEqual([await ask('acme/counts', 'x'), await ask('acme/counts', 'y')], ['x1', 'y2'])
    const client = await Client.connect(await p.served('acme/counts'))
    assert.equal(await client.write('x').rest(), 'x1')
    const { questions, decision, reason, version } = await p.record(client)
    assert.deepEqual([questions, decision, reason, version], [1, 'close', 'router-closed', 1])
    const now = await hits('acme')
    assert.deepEqual([now.memoHits - before.memoHits, now.decisions - before.decisions], [1, 3])
    assert.match((await p.command('metrics')).stdout, /^pointsman_memo_hits_total\{tenant="acme"\} [1-9]/m)
    const lines = await until('three recorded connections', () => {
      const all = readFileSync(recorded, 'utf8')
        .split('\n')
        .filter((line) => line.includes('acme/counts'))
      return all.length === 3 ? all : undefined
    })
    for (const line of lines) assert.match(line, /"close"/)
  })

  it('are none where the router or the operator does not want it', async () => {
    for (const router of ['acme/asked', 'quiet/counts'])
      assert.deepEqual([await ask(router, 'x'), await ask(router, 'x')], ['x1', 'x2'], router)
    assert.equal((await hits('quiet')).memoHits, 0)
  })

  it('are forgotten when a table changes', async () => {
    assert.deepEqual([await ask('acme/looks', 'a'), await ask('acme/looks', 'a')], ['one', 'one'])
    p.write('acme/looks.homes.json', '{ "a": "two" }')
    await until('the new value', async () => ((await ask('acme/looks', 'a')) === 'two' ? true : undefined))
  })

  it('are forgotten when another version serves', async () => {
    assert.equal(await ask('acme/counts', 'x'), 'x1')
    p.write('acme/counts', counting('failure: { close: true },'))
    await p.served('acme/counts', 2)
    await ask('acme/counts', 'z')
    assert.equal(await ask('acme/counts', 'x'), 'x2')
  })

  it('are forgotten when a host is gone', async () => {
    await ask('acme/counts', 'w')
    await ask('acme/counts', 'w')
    p.hostPids.forEach(kill)
    const isAsked = async () => {
      const { memoHits } = await hits('acme')
      await ask('acme/counts', 'w')
      return (await hits('acme')).memoHits === memoHits ? true : undefined
    }
    await until('the router to be asked', isAsked)
    assert.equal(await isAsked(), undefined)
  })

  it('are none from the next question on when the operator takes the room away', async () => {
    p.configure({ tenants: { defaults: { ports, limits: { memoBytes: 0 } } } })
    p.signal('SIGHUP')
    await p.line('the configuration', ({ msg }) => msg === 'configuration reloaded')
    const first = await ask('acme/counts', 'w')
    assert.notEqual(await ask('acme/counts', 'w'), first)
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { FileLookup, type TableReport } from '../../src/lookup/file-lookup.ts'
import type { Allowance } from '../../src/lookup/table-budget.ts'

const folder = mkdtempSync(join(tmpdir(), 'pointsman-lookup-'))
after(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A look-up whose reports can be waited for one by one. */
function open(
  t: { after(fn: () => Promise<void>): void },
  maxBytes = 100_000_000,
  allowance?: (router: string) => Allowance | undefined,
) {
  const reports: TableReport[] = []
  let wake = () => {}
  const lookup = new FileLookup(
    maxBytes,
    (report) => {
      reports.push(report)
      wake()
    },
    allowance,
  )
  t.after(() => lookup.close())
  const report = async () => {
    if (reports.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    const first = reports.shift()
    assert.ok(first)
    return first
  }
  const get = (router: string, table: string, key: string) =>
    new Promise<string | null | Error>((resolve) => lookup.get(router, table, key, resolve))
  return { lookup, report, get }
}

test('a look-up that comes while its table is read for the first time waits for it', async (t) => {
  const { lookup, get } = open(t)
  lookup.setTables('acme/git', { homes: { file: file('wait.json', '{"ann":"10.0.0.1:80"}'), stamp: '1' } })
  assert.deepEqual(await Promise.all([get('acme/git', 'homes', 'ann'), get('acme/git', 'homes', 'bob')]), [
    '10.0.0.1:80',
    null,
  ])
})

test('a changed table replaces the old one and a broken one does not', async (t) => {
  const { lookup, report, get } = open(t)
  const path = file('change.json', '{"a":"1"}')
  lookup.setTables('r', { t: { file: path, stamp: '1' } })
  assert.equal((await report()).keys, 1)
  writeFileSync(path, '{"a":"2","b":"3"}')
  lookup.setTables('r', { t: { file: path, stamp: '2' } })
  assert.equal((await report()).keys, 2)
  writeFileSync(path, '{"a":')
  lookup.setTables('r', { t: { file: path, stamp: '3' } })
  assert.match((await report()).error ?? '', /change\.json line 1/)
  assert.equal(await get('r', 't', 'a'), '2')
})

test('a table that never could be read answers with the reason', async (t) => {
  const { lookup, get } = open(t)
  lookup.setTables('r', { t: { file: file('broken.json', '[]'), stamp: '1' } })
  assert.match(String(await get('r', 't', 'a')), /table t of router r: .*broken\.json line 1, column 1/)
})

test('a table that does not exist, or no longer does, says which files were looked for', async (t) => {
  const { lookup, report, get } = open(t)
  lookup.setTables('acme/git', { t: { file: file('gone.json', '{"a":"1"}'), stamp: '1' } })
  await report()
  lookup.setTables('acme/git', {})
  assert.match(String(await get('acme/git', 't', 'a')), /neither git\.t\.json nor git\.t\.csv is beside it/)
})

test('a waiting look-up is answered when the tables are closed', async (t) => {
  const { lookup, get } = open(t)
  lookup.setTables('r', { t: { file: file('closed.json', '{}'), stamp: '1' } })
  const answer = get('r', 't', 'a')
  await lookup.close()
  assert.match(String(await answer), /removed/)
})

test('a table of a million keys costs the event loop less than 10 ms and the heap nothing per key', async (t) => {
  const entry = (i: number) => `"user-${i}": "10.${i & 255}.0.1:${1 + (i % 65535)}"`
  const table = (keys: number) => `{${Array.from({ length: keys }, (_, i) => entry(i)).join(',\n')}}`
  const small = file('thousands.json', table(2000))
  const large = file('million.json', table(1_000_000))
  const { lookup, report, get } = open(t)
  // The first thread of a process costs more than those that follow.
  lookup.setTables('r', { small: { file: small, stamp: '1' } })
  await report()
  const heap = process.memoryUsage().heapUsed
  // The thread's CPU time, not the clock: other programs share the machine with the tests.
  const before = process.threadCpuUsage()
  lookup.setTables('r', { large: { file: large, stamp: '1' } })
  const { keys, ms } = await report()
  const { user, system } = process.threadCpuUsage(before)
  assert.equal(keys, 1_000_000)
  assert.equal(await get('r', 'large', 'user-777777'), `10.${777777 & 255}.0.1:${1 + (777777 % 65535)}`)
  const busy = (user + system) / 1000
  t.diagnostic(
    `a million keys were read in ${ms} ms; the event loop's thread was busy for ${busy.toFixed(1)} ms of them`,
  )
  assert.ok(process.memoryUsage().heapUsed - heap < 16 * 1024 * 1024, 'the heap grew with the table')
  assert.ok(busy < 10, `the event loop was busy for ${busy} ms`)
})

test('all tables of a tenant together have a limit, which a refusal names; one that is gone makes room', async (t) => {
  const allowance = (router: string) => {
    const [tenant = ''] = router.split('/')
    return { tenant, bytes: 30, setting: `tenants.named.${tenant}.limits.tableBytes` }
  }
  const { lookup, report, get } = open(t, undefined, allowance)
  const ten = (name: string, value: string) => file(name, `{"a":"${value}"}`) // 11 bytes
  const table = (name: string, value: string) => ({ file: ten(`${name}.json`, value), stamp: value })
  lookup.setTables('acme/a', { one: table('one', 'one') })
  assert.equal((await report()).error, undefined)
  lookup.setTables('acme/b', { two: table('two', 'two') })
  assert.equal((await report()).error, undefined)
  lookup.setTables('acme/c', { three: table('three', '333') })
  assert.match(
    (await report()).error ?? '',
    /three\.json has 11 bytes, and other tables of the tenant 22; allowed are 30 together \(tenants\.named\.acme\.limits\.tableBytes\)$/,
  )
  lookup.setTables('other/c', { three: table('three', '333') })
  assert.equal((await report()).error, undefined)
  // A table that grows beyond it leaves the one before.
  lookup.setTables('acme/b', { two: { file: file('two.json', `{"a":"${'x'.repeat(20)}"}`), stamp: 'long' } })
  assert.notEqual((await report()).error, undefined)
  assert.equal(await get('acme/b', 'two', 'a'), 'two')
  lookup.removeRouter('acme/a')
  lookup.setTables('acme/c', { three: table('three', '334') })
  assert.equal((await report()).error, undefined)
  assert.equal(await get('acme/c', 'three', 'a'), '334')
})

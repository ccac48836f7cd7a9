import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { DirectoryStore } from '../../src/supervisor/directory-store.ts'
import { type Settled, Settler } from '../../src/supervisor/settle.ts'
import { until } from '../kit/wait.ts'

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'pointsman-store-')))
after(() => rmSync(scratch, { recursive: true }))

interface Seen {
  readonly event: 'changed' | 'removed' | 'tables' | 'refused' | 'failed'
  readonly what: string
}

/** A watched directory, and every event of its store. */
async function watched(t: TestContext, files: Record<string, string>, only?: string) {
  const folder = mkdtempSync(join(scratch, 'routers-'))
  const write = (name: string, text: string) => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  const seen: Seen[] = []
  const store = new DirectoryStore(only === undefined ? folder : join(folder, only))
  t.after(() => store.close())
  const listing = await store.watch({
    changed: ({ router }) => seen.push({ event: 'changed', what: router }),
    removed: (router) => seen.push({ event: 'removed', what: router }),
    tables: ({ router, tables }) => seen.push({ event: 'tables', what: `${router} ${Object.keys(tables).sort()}` }),
    refused: ({ message }) => seen.push({ event: 'refused', what: message }),
    failed: (error) => seen.push({ event: 'failed', what: error.message }),
  })
  const names = listing.routers.map(({ router }) => router)
  for (const source of listing.routers) store.dependsOn(source.router, [source.file])
  /** Waits for an event, and until those that belong to it would have come: a last file is saved and waited for. */
  const events = async () => {
    const sentinel = `end${performance.now()}`.replace('.', '_')
    write(`${sentinel}.ts`, '1')
    await until(
      sentinel,
      () => (seen.some(({ what }) => what === sentinel) ? true : undefined),
      () => seen,
    )
    unlinkSync(join(folder, `${sentinel}.ts`))
    await until(
      sentinel,
      () => (seen.some(({ event, what }) => event === 'removed' && what === sentinel) ? true : undefined),
      () => seen,
    )
    return seen
      .splice(0)
      .filter(({ what }) => what !== sentinel)
      .map(({ event, what }) => `${event} ${what}`)
  }
  return { folder, store, seen, names, write, events }
}

test('routers are files of the folder and of its tenants; helpers, tests, declarations and hidden files are none', async (t) => {
  const files = [
    'git.ts',
    '_h.ts',
    'git.test.ts',
    'x.d.ts',
    '.e.ts',
    'a.js',
    'acme/web.ts',
    'acme/lib/deep.ts',
    '_lib/x.ts',
    'node_modules/m.ts',
  ]
  const { names } = await watched(t, Object.fromEntries(files.map((name) => [name, '1'])))
  assert.deepEqual(names, ['git', 'acme/web'])
})

test('a file that replaces another by its name is one change', async (t) => {
  const { folder, write, events } = await watched(t, { 'a.ts': '1' })
  write('.a.ts.swp', '2')
  renameSync(join(folder, '.a.ts.swp'), join(folder, 'a.ts'))
  assert.deepEqual(await events(), ['changed a'])
})

test('a save that moves the old file away first is one change and no removal', async (t) => {
  const { folder, write, events } = await watched(t, { 'a.ts': '1' })
  renameSync(join(folder, 'a.ts'), join(folder, 'a.ts~'))
  await new Promise((resume) => setTimeout(resume, 20)) // the editor is slow, and that is the point
  write('a.ts', '2')
  assert.deepEqual(await events(), ['changed a'])
})

test('a file that grows piece by piece is one change, once it is whole', async (t) => {
  const { folder, seen, events } = await watched(t, { 'a.ts': '' })
  for (let i = 0; i < 30; i++) {
    appendFileSync(join(folder, 'a.ts'), 'x')
    await new Promise((resume) => setTimeout(resume, 5)) // a slow writer
    assert.deepEqual(seen, [])
  }
  // The system may tell of the last piece late, when the file was read already: then it is read again, and is the same.
  assert.deepEqual([...new Set(await events())], ['changed a'])
})

test('a file that never stops changing is read after two seconds all the same', async (t) => {
  const { folder, seen } = await watched(t, { 'a.ts': '' })
  const writer = setInterval(() => appendFileSync(join(folder, 'a.ts'), 'x'), 5)
  t.after(() => clearInterval(writer))
  const started = performance.now()
  await until(
    'a change',
    () => seen.find(({ what }) => what === 'a'),
    () => seen,
    6000,
  )
  assert.ok(performance.now() - started > 1500, 'it was not waited for')
})

test('a tenant that never stops writing does not hold up another', async (t) => {
  const { folder, seen, write } = await watched(t, { 'busy/a.ts': '', 'calm/b.ts': '' })
  const writer = setInterval(() => appendFileSync(join(folder, 'busy/a.ts'), 'x'), 5)
  t.after(() => clearInterval(writer))
  await new Promise((resume) => setTimeout(resume, 50)) // the neighbour is writing now
  write('calm/b.ts', '2')
  await until(
    'the change of the calm tenant',
    () => seen.find(({ what }) => what === 'calm/b'),
    () => seen,
  )
  assert.deepEqual(
    seen.map(({ what }) => what),
    ['calm/b'],
  )
})

test('who never stops writing is looked at less and less often, one file after the other', async (t) => {
  let looks = 0
  let atOnce = 0
  let most = 0
  const settled = Promise.withResolvers<Settled>()
  const settler = new Settler(settled.resolve, async () => {
    most = Math.max(most, ++atOnce)
    await new Promise((resume) => setImmediate(resume))
    atOnce--
    return `${looks++}`
  })
  t.after(() => settler.close())
  for (let file = 0; file < 20; file++) settler.touch('busy', `${file}.ts`)
  const { paths } = await settled.promise
  assert.equal(paths.size, 20)
  assert.equal(most, 1)
  // Every 10 ms it would be 4,000.
  assert.ok(looks < 20 * 60, `${looks} looks`)
})

test('a burst over many files gives each router one change', async (t) => {
  const names = Array.from({ length: 40 }, (_, i) => `r${i}`)
  const { write, events } = await watched(t, Object.fromEntries(names.map((name) => [`${name}.ts`, '1'])))
  for (const text of ['2', '3', '4']) for (const name of names) write(`${name}.ts`, text)
  assert.deepEqual((await events()).sort(), names.map((name) => `changed ${name}`).sort())
})

test('only the routers that were compiled from a changed file change', async (t) => {
  const { folder, store, write, events } = await watched(t, { 'a.ts': '1', 'b.ts': '1', '_s.ts': '1' })
  store.dependsOn('a', [join(folder, 'a.ts'), join(folder, '_s.ts')])
  write('_s.ts', '2')
  assert.deepEqual(await events(), ['changed a'])
})

test('while it is not known what a router is compiled from, any source of its folder counts', async (t) => {
  const { store, write, events } = await watched(t, { 'acme/a.ts': '1', 'acme/b.ts': '1' })
  store.dependsOn('acme/a', undefined)
  write('acme/lib/_s.ts', '2')
  assert.deepEqual(await events(), ['changed acme/a'])
})

test('tables come, change and go without a change of their router', async (t) => {
  const { folder, write, events } = await watched(t, { 'a.ts': '1', 'b.ts': '1' })
  write('a.t.json', '{}')
  assert.deepEqual(await events(), ['tables a t'])
  write('a.t.json', '{"a":"b"}')
  write('a.u.csv', 'a,b')
  write('a.t.csv', 'a,b')
  const both = await events()
  assert.ok(both.includes('tables a t,u'), both.join())
  assert.ok(
    both.some((line) => /^refused the table t is read from .*a\.t\./.test(line)),
    both.join(),
  )
  unlinkSync(join(folder, 'a.u.csv'))
  assert.deepEqual(await events(), ['tables a t'])
})

test('one router file is watched with its tables, and nothing beside it', async (t) => {
  const { folder, names, seen, write } = await watched(t, { 'a.ts': '1', 'b.ts': '1' }, 'a.ts')
  assert.deepEqual(names, ['a'])
  write('b.ts', '2')
  write('a.t.json', '{}')
  await until(
    'the table',
    () => seen.find(({ event }) => event === 'tables'),
    () => seen,
  )
  unlinkSync(join(folder, 'a.ts'))
  await until(
    'the removal',
    () => seen.find(({ event }) => event === 'removed'),
    () => seen,
  )
  assert.deepEqual(
    seen.map(({ event, what }) => `${event} ${what}`),
    ['tables a t', 'removed a'],
  )
})

test('a routers folder that is moved away is reported, its routers stay, and it is watched again when it is back', async (t) => {
  const { folder, seen } = await watched(t, { 'a.ts': '1' })
  renameSync(folder, `${folder}-away`)
  await until(
    'the report',
    () => seen.find(({ event }) => event === 'failed'),
    () => seen,
  )
  assert.deepEqual(
    seen.filter(({ event }) => event === 'removed'),
    [],
  )
  renameSync(`${folder}-away`, folder)
  writeFileSync(join(folder, 'b.ts'), '1')
  await until(
    'the new router',
    () => seen.find(({ what }) => what === 'b'),
    () => seen,
  )
})

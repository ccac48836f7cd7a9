import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { BusyFolders } from '../../src/supervisor/busy-folders.ts'
import { DirectoryStore } from '../../src/supervisor/directory-store.ts'
import { until } from '../kit/wait.ts'

const turn = () => new Promise((resume) => setImmediate(resume))

/** Two files of one folder, whose prints a test sets; what is done, in order. */
function watched(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const prints = new Map([
    ['a', '1'],
    ['b', '1'],
  ])
  const done: string[] = []
  const busy = new BusyFolders({
    files: () => prints.keys(),
    leave: () => done.push('leave'),
    watch: () => done.push('watch'),
    touch: (_folder, path) => done.push(`touch ${path}`),
    print: async (path) => prints.get(path) ?? 'absent',
  })
  const pass = async (milliseconds: number) => {
    for (let time = 0; time < 10; time++) await turn()
    t.mock.timers.tick(milliseconds)
    for (let time = 0; time < 10; time++) await turn()
    return done.splice(0)
  }
  return { busy, prints, pass }
}

test('a folder that is written to all the time is left alone for a second, and what changed meanwhile is told of', async (t) => {
  const { busy, prints, pass } = watched(t)
  for (let change = 0; change < 100; change++) busy.changed('acme')
  assert.deepEqual(await pass(0), ['leave'])
  prints.set('a', '2')
  assert.deepEqual(await pass(1000), ['watch'])
  assert.deepEqual(await pass(100), ['touch a', 'touch acme'])
  prints.set('b', '2') // before changes were told of again
  assert.deepEqual(await pass(900), ['touch b', 'touch acme'])
  for (let change = 0; change < 100; change++) busy.changed('acme')
  assert.deepEqual(await pass(0), ['leave'])
})

test('a few changes a second are told of one by one, and another folder has nothing to do with it', async (t) => {
  const { busy, pass } = watched(t)
  for (let second = 0; second < 10; second++) {
    for (let change = 0; change < 10; change++) for (const folder of ['acme', 'beta']) busy.changed(folder)
    assert.deepEqual(await pass(1000), [])
  }
})

test('what is closed touches nothing any more', async (t) => {
  const { busy, pass } = watched(t)
  for (let change = 0; change < 100; change++) busy.changed('acme')
  assert.deepEqual(await pass(0), ['leave'])
  busy.close()
  assert.deepEqual(await pass(5000), [])
})

test("of a storm of saves some are told of, the last one certainly, and a neighbour's at once", async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pointsman-busy-')))
  t.after(() => rmSync(folder, { recursive: true }))
  const save = (name: string, text: string) => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, 'draft'), text)
    renameSync(join(folder, 'draft'), join(folder, `${name}.ts`))
  }
  for (const name of ['busy/a', 'busy/b', 'calm/c']) save(name, '1')
  const seen: string[] = []
  const store = new DirectoryStore(folder)
  t.after(() => store.close())
  const ignored = { removed: () => {}, tables: () => {}, refused: () => {}, failed: () => {} }
  const { routers } = await store.watch({ changed: ({ router }) => seen.push(router), ...ignored })
  for (const { router, file } of routers) store.dependsOn(router, [file])
  const storm = setInterval(() => save('busy/a', `${Math.random()}`), 3)
  const has = (router: string) => () => (seen.includes(router) ? true : undefined)
  await until('a change of the busy one', has('busy/a'), () => seen)
  save('calm/c', '2')
  await until('the calm one', has('calm/c'), () => seen)
  clearInterval(storm)
  save('busy/b', '2')
  save('busy/new', '1')
  await until('the last change', has('busy/b'), () => seen)
  await until('the new one', has('busy/new'), () => seen)
  assert.ok(seen.filter((router) => router === 'busy/a').length < 12, seen.join())
})

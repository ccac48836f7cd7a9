import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { assertApart } from '../../src/supervisor/tenant-places.ts'
import { type LogLine, Pointsman, runPointsman } from '../kit/pointsman.ts'
import { exchange } from '../kit/sockets.ts'

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'pointsman-places-')))
const place = (name: string) => join(scratch, name)

function says(text: string): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: ${JSON.stringify(text)} }),
})
`
}

/** Saves a router into a folder of its own. */
function save(folder: string, name: string, text: string): void {
  mkdirSync(place(folder), { recursive: true })
  writeFileSync(join(place(folder), '.new'), text)
  renameSync(join(place(folder), '.new'), join(place(folder), `${name}.ts`))
}

function policies(paths: Record<string, string>, more: object = {}): object {
  const named = Object.fromEntries(Object.entries(paths).map(([tenant, path]) => [tenant, { path }]))
  return { tenants: { defaults: { ports: ['*'] }, named }, ...more }
}

let p: Pointsman
before(async () => {
  save('acme', 'a', says('acme one'))
  save('also', 'x', says('also'))
  p = await Pointsman.start({
    routers: { keep: says('keep') },
    config: policies({ acme: place('acme'), late: place('late') }),
  })
})
after(async () => {
  await p?.stop()
  rmSync(scratch, { recursive: true, force: true })
})

const mark = () => p.lines.length
const line = (msg: string, from: number, matches: (line: LogLine) => boolean = () => true) =>
  p.line(msg, (one) => one.msg === msg && matches(one), from)

test('the routers of a tenant with a place of its own are served from there, saved there, and gone when it is', async () => {
  assert.equal(await exchange(await p.served('acme/a'), 'x'), 'acme one')
  save('acme', 'a', says('acme two'))
  assert.equal(await exchange(await p.served('acme/a', 2), 'x'), 'acme two')
  let from = mark()
  renameSync(place('acme'), place('acme-away'))
  await line('router retired', from, ({ router }) => router === 'acme/a')
  from = mark()
  renameSync(place('acme-away'), place('acme'))
  await line('router active', from, ({ router }) => router === 'acme/a')
})

test('a place that is not there yet is reported, and served when it is', async () => {
  const refused = await line('file refused', 0, ({ path }) => path === place('late'))
  assert.match(String(refused.reason), /^tenants\.named\.late\.path names no folder/)
  save('late', 'l', says('late'))
  assert.equal(await exchange(await p.served('late/l'), 'x'), 'late')
})

test('a folder of the same name among the routers is not looked at, and said so', async () => {
  const from = mark()
  p.write('acme/b', says('wrong place'))
  const refused = await line('file refused', from)
  assert.equal(refused.path, join(p.folder, 'acme'))
  assert.match(String(refused.reason), /^not looked at: tenants\.named\.acme\.path says /)
  save('acme', 'end', says('end'))
  await p.served('acme/end')
  assert.equal(
    p.lines.slice(from).some(({ router }) => router === 'acme/b'),
    false,
  )
})

test('a save of the configuration adds and removes places, and leaves all others alone', async () => {
  const from = mark()
  p.configure(policies({ acme: place('acme'), also: place('also') }))
  assert.equal((await line('configuration reloaded', from)).why, 'save')
  assert.equal(await exchange(await p.served('also/x'), 'x'), 'also')
  await line('router retired', from, ({ router }) => router === 'late/l')
  const touched = p.lines.slice(from).flatMap(({ router, msg }) => (/^router /.test(msg) ? [`${msg} ${router}`] : []))
  assert.deepEqual(touched.sort(), ['router active also/x', 'router retired late/l'])
})

test('a configuration with places that are not apart changes nothing, and says why', async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ a: place('acme'), b: place('acme') }, /tenants\.named\.b\.path is ".*", which is the folder of tenant a, /],
    [{ a: place('acme'), b: place('acme/lib') }, /which is in the folder of tenant a/],
    [{ a: place('acme/lib'), b: place('acme') }, /which contains the folder of tenant a/],
    [{ a: join(p.folder, 'x') }, /tenants\.named\.a\.path is ".*", which is in the folder of the routers/],
    [{ a: scratch, b: place('also') }, /which is in the folder of tenant a/],
  ]
  for (const [paths, words] of cases) {
    const from = mark()
    p.configure(policies(paths))
    assert.match(String((await line('configuration not reloaded: what was in force still is', from)).reason), words)
  }
  assert.equal(await exchange(await p.served('acme/a', 3), 'x'), 'acme two')
})

test('two paths that lead to one folder are one folder, and one that is a link is no place', async () => {
  symlinkSync(place('also'), place('link'))
  assert.throws(
    () =>
      assertApart(
        '/nowhere',
        new Map([
          ['a', place('also')],
          ['b', place('link')],
        ]),
      ),
    /which is the folder of/,
  )
  assert.doesNotThrow(() =>
    assertApart(
      '/nowhere',
      new Map([
        ['a', place('also')],
        ['b', place('also-not')],
      ]),
    ),
  )
  const from = mark()
  p.configure(policies({ acme: place('acme'), linked: place('link') }))
  const refused = await line('file refused', from)
  assert.equal(refused.reason, 'a tenant is a folder, not a link to one')
  // or it is back before it was missed, and goes on
  await line('router retired', from, ({ router }) => router === 'also/x')
})

test('a router in a place of its own reads nothing of other places', async () => {
  save('acme', '_secret', "export const secret = 'swordfish'\n")
  symlinkSync(join(place('acme'), '_secret.ts'), join(place('also'), '_link.ts'))
  const attempts = ['../acme/_secret.ts', join(place('acme'), '_secret.ts'), './_link.ts', '../../keep.ts']
  const from = mark()
  p.configure(policies({ acme: place('acme'), also: place('also') }))
  await p.line('also/x again', ({ router, msg }) => router === 'also/x' && msg === 'router active', from)
  for (const [index, path] of attempts.entries())
    save('also', `try${index}`, `import { secret } from '${path}'\nthrow secret\n${says('')}`)
  for (const index of attempts.keys()) {
    const refused = await line('router refused', from, ({ router }) => router === `also/try${index}`)
    assert.match(String(refused.reason), /^cannot import /)
    assert.doesNotMatch(JSON.stringify(refused), /swordfish/)
  }
})

test('what a save breaks is reported once, with what is wrong, and mended by the next save', async () => {
  let from = mark()
  p.configure('{"preread": {"limt": 3}}')
  const broken = await line('configuration not reloaded: what was in force still is', from)
  assert.match(String(broken.reason), /preread\.limt is not a setting; did you mean preread\.limit\?/)
  from = mark()
  p.configure(policies({ acme: place('acme') }, { hosts: 2, preread: { limit: 77 } }))
  assert.deepEqual((await line('configuration reloaded', from)).needRestart, ['hosts'])
  assert.equal(await exchange(await p.served('acme/a', 3), 'x'), 'acme two')
})

test('limits that are others now reach the version that is served, which goes on under its number', async () => {
  const from = mark()
  p.configure({
    tenants: { defaults: { ports: ['*'] }, named: { acme: { path: place('acme'), limits: { decisionTime: 37 } } } },
  })
  const renewed = await line('router has new limits', from, ({ router }) => router === 'acme/a')
  assert.equal(renewed.version, 3)
  assert.equal(await exchange(await p.served('acme/a', 3), 'x'), 'acme two')
})

test('limits of a tenant at load are named with their value, what was found, and where they are set', async () => {
  let from = mark()
  const limits = { sourceBytes: 3000, bundleBytes: 1200, loadTime: 55 }
  p.configure({ tenants: { defaults: { ports: ['*'] }, named: { acme: { path: place('acme'), limits } } } })
  await line('configuration reloaded', from)
  from = mark()
  save('acme', 'large', `// ${'x'.repeat(3000)}\n${says('large')}`)
  const large = await line('router refused', from, ({ router }) => router === 'acme/large')
  assert.match(
    String(large.reason),
    /^the router is too large: all files of a router together may have 3000 bytes \(tenants\.named\.acme\.limits\.sourceBytes\); these have 3\d\d\d or more$/,
  )
  save('acme', 'wide', says('w'.repeat(1500)))
  const wide = await line('router refused', from, ({ router }) => router === 'acme/wide')
  assert.match(
    String(wide.reason),
    /^the bundle made of it has \d+ bytes; allowed are 1200 \(tenants\.named\.acme\.limits\.bundleBytes\)$/,
  )
  save('acme', 'slow', `for (;;) {}\n${says('slow')}`)
  const slow = await line('router refused', from, ({ router }) => router === 'acme/slow')
  assert.match(
    String(slow.reason),
    /^it was still loading after 55 ms of CPU time; loadTime is 55 \(tenants\.named\.acme\.limits\.loadTime\)$/,
  )
})

test('a place that is relative starts at the configuration, and check sees what is wrong with it', async () => {
  const folder = mkdtempSync(join(scratch, 'cwd-'))
  mkdirSync(join(folder, 'routers'))
  writeFileSync(join(folder, 'routers', 'r.ts'), says('r'))
  writeFileSync(join(folder, 'pointsman.config.json'), '{"tenants": {"named": {"a": {"path": "routers/a"}}}}')
  const { code, stderr } = await runPointsman(['check', 'routers'], { cwd: folder })
  assert.equal(code, 1)
  assert.ok(
    stderr.includes(`tenants.named.a.path is "${join(folder, 'routers', 'a')}", which is in the folder of the routers`),
  )
})

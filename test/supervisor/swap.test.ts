import assert from 'node:assert/strict'
import { renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type LogLine, Pointsman } from '../kit/pointsman.ts'
import { Client, exchange } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'

/** A router on a port of the system's choice that closes with `text` at the first byte. */
function says(text: string, listen = "{ port: 0, host: '127.0.0.1' }"): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: ${listen},
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: ${JSON.stringify(text)} }),
})
`
}

const BROKEN = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  route: () => ({ remote: 5 }),
})
`

let pointsman: Pointsman
before(async () => {
  const config = { tenants: { defaults: { ports: ['*'] } } }
  pointsman = await Pointsman.start({ routers: { keep: says('keep') }, config })
})
after(() => pointsman.stop())

/** The first line about a router after line `from` that has this message. */
function next(router: string, msg: string, from: number): Promise<LogLine> {
  return pointsman.line(`${msg} of ${router}`, (line) => line.router === router && line.msg === msg, from)
}

/** Writes a router that is new and gives its port once it is served. */
function serve(router: string, source: string): Promise<number> {
  pointsman.write(router, source)
  return pointsman.served(router)
}

const mark = () => pointsman.lines.length

test('a new file opens its listener, a save switches it and keeps the port, all in one log line each', async () => {
  const port = await serve('a', says('one'))
  assert.equal(await exchange(port, 'x'), 'one')
  const from = mark()
  pointsman.write('a', says('two'))
  const line = await next('a', 'router active', from)
  assert.equal(await exchange(port, 'x'), 'two')
  assert.equal(line.version, 2)
  assert.equal(line.listen, `127.0.0.1:${port}`)
  assert.match(String(line.bundle), /^[0-9a-f]{12}$/)
  const phases = ['settle', 'read', 'bundle', 'typecheck', 'warm', 'activate', 'total']
  assert.deepEqual(Object.keys(line.ms ?? {}), phases)
})

test('broken source leaves the old version serving and is reported with place and code frame', async () => {
  const port = await serve('b', says('good'))
  const from = mark()
  pointsman.write('b', BROKEN)
  const refused = await next('b', 'router refused', from)
  assert.match(String(refused.at), /^b\.ts:3:\d+$/)
  assert.equal(refused.serving, 'version 1')
  assert.ok(
    Array.isArray(refused.frame) && refused.frame.some((line) => String(line).includes('> 3 |')),
    JSON.stringify(refused),
  )
  assert.equal(await exchange(port, 'x'), 'good')
  pointsman.write('b', says('mended'))
  await next('b', 'router active', from)
  assert.equal(await exchange(port, 'x'), 'mended')
})

test('a router that throws while it is loaded is refused with its line', async () => {
  const port = await serve('thrower', says('good'))
  const from = mark()
  pointsman.write('thrower', `throw new Error('not today')\n${says('bad')}`)
  const refused = await next('thrower', 'router refused', from)
  assert.match(String(refused.reason), /not today/)
  assert.match(String(refused.at), /^thrower\.ts:1:/)
  assert.equal(await exchange(port, 'x'), 'good')
})

test('a save that changes nothing of the bundle makes no new version', async () => {
  await serve('same', says('same'))
  const from = mark()
  pointsman.write('same', `// a comment\n${says('same')}`)
  assert.equal((await next('same', 'router unchanged', from)).version, 1)
})

test('a deleted file stops its listener and leaves its connections', async () => {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await until('the echo server', () => (echo.listening ? true : undefined))
  const address = echo.address()
  const remote = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const source = says('').replace(/\{ close: .*? \}/, `{ remote: '${remote}' }`)
  const port = await serve('gone', source)
  const client = await Client.connect(port)
  await client.write('before;').receives(/before;/)
  const from = mark()
  pointsman.remove('gone')
  await next('gone', 'router retired', from)
  await until('the port to be free', () =>
    Client.connect(port).then(
      (late) => late.destroy(),
      () => true,
    ),
  )
  assert.equal(await client.write('after').receives(/after/), 'before;after')
  client.destroy()
  echo.close()
})

test('of two routers that claim one port the second is refused with both names, and served once the first is gone', async () => {
  const port = await serve('first', says('first'))
  const from = mark()
  pointsman.write('second', says('second', String(port)))
  const refused = await next('second', 'router refused', from)
  assert.match(
    String(refused.reason),
    /router second wants 127\.0\.0\.1:\d+, which router first has at 127\.0\.0\.1:\d+/,
  )
  pointsman.remove('first')
  await next('second', 'router active', from)
  assert.equal(await exchange(port, 'x'), 'second')
})

test('a port that another program has is refused in words, and what was served before goes on', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await until('the other program', () => (other.listening ? true : undefined))
  const address = other.address()
  const taken = typeof address === 'object' && address !== null ? address.port : 0
  const port = await serve('c', says('c'))
  const from = mark()
  pointsman.write('c', says('moved', String(taken)))
  const refused = await next('c', 'router refused', from)
  assert.match(
    String(refused.reason),
    /cannot listen on 127\.0\.0\.1:\d+: another program listens there \(EADDRINUSE\)/,
  )
  assert.equal(await exchange(port, 'x'), 'c')
  other.close()
})

test('a router that moves to another port leaves the old one', async () => {
  const port = await serve('mover', says('here'))
  const spare = await serve('spare', says('spare'))
  pointsman.remove('spare')
  pointsman.write('mover', says('there', `{ port: ${spare}, host: '127.0.0.1' }`))
  await pointsman.served('mover', 2)
  assert.equal(await exchange(spare, 'x'), 'there')
  await assert.rejects(Client.connect(port))
})

test('a file that routers share deploys each of them again when it changes, and heals those that it broke', async () => {
  const using = (text: string) =>
    `import { word } from './_shared.ts'\n${says(text).replace(/close: .*? \}/, 'close: word }')}`
  pointsman.write('acme/_shared', "export const word = 'old'\n")
  pointsman.write('acme/x', using(''))
  pointsman.write('acme/y', using(''))
  const ports = [await pointsman.served('acme/x'), await pointsman.served('acme/y')]
  const from = mark()
  pointsman.write('acme/_shared', 'export const wrong = 1\n')
  const refused = await next('acme/x', 'router refused', from)
  assert.match(String(refused.at), /^acme\/x\.ts:1:/)
  const later = mark()
  pointsman.write('acme/_shared', "export const word = 'new'\n")
  await Promise.all([next('acme/x', 'router active', later), next('acme/y', 'router active', later)])
  assert.deepEqual(await Promise.all(ports.map((port) => exchange(port, 'x'))), ['new', 'new'])
})

test('an import of a file that comes later is served when it has come', async () => {
  const from = mark()
  pointsman.write('late', `import { word } from './_late.ts'\n${says('').replace(/close: .*? \}/, 'close: word }')}`)
  await next('late', 'router refused', from)
  pointsman.write('_late', "export const word = 'at last'\n")
  await next('late', 'router active', from)
  assert.equal(await exchange(await pointsman.served('late'), 'x'), 'at last')
})

test('a table beside a router is read again when it changes, and a broken one leaves the old', async () => {
  const source = says('').replace(/close: .*? \}/, "close: conn.lookup('homes', 'ann') ?? 'nobody' }")
  pointsman.write('t.homes.json', '{"ann":"one"}')
  pointsman.write('t', source)
  const port = await pointsman.served('t')
  assert.equal(await exchange(port, 'x'), 'one')
  pointsman.write('t.homes.json', '{"ann":"two"}')
  await until('the new table', async () => ((await exchange(port, 'x')) === 'two' ? true : undefined))
  const from = mark()
  pointsman.write('t.homes.json', '{"ann":')
  await next('t', 'table refused', from)
  assert.equal(await exchange(port, 'x'), 'two')
})

test('twenty saves in a row end with the newest version serving', async () => {
  const port = await serve('burst', says('0'))
  for (let i = 1; i <= 20; i++) {
    pointsman.write('burst', says(String(i)))
    await new Promise((resume) => setImmediate(resume))
  }
  await until('the newest version', async () => ((await exchange(port, 'x')) === '20' ? true : undefined))
})

test('names that cannot name a router or a tenant, and links, are refused with a message', async () => {
  const from = mark()
  const refused = (part: string) =>
    pointsman.line(
      `file refused ${part}`,
      (line) => line.msg === 'file refused' && String(line.path).endsWith(part),
      from,
    )
  pointsman.write('git.v2.ts', says('x'))
  assert.match(String((await refused('git.v2.ts')).reason), /"git\.v2" cannot name a router/)
  pointsman.write('a tenant/x', says('x'))
  symlinkSync('/etc/hostname', join(pointsman.folder, 'linked.ts'))
  assert.match(String((await refused('linked.ts')).reason), /links are not followed/)
  assert.match(String((await refused('a tenant')).reason), /"a tenant" cannot name a tenant/)
})

test('every other router is served on while its neighbours come, go and break', async () => {
  assert.equal(await exchange(await pointsman.served('keep'), 'x'), 'keep')
  const lines = pointsman.lines.filter(({ router, msg }) => router === 'keep' && msg.startsWith('router '))
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['router active'],
  )
})

test('a tenant whose folder is removed or moved away is served no more, and again when it is back', async () => {
  const port = await serve('tenant/x', says('x'))
  let from = mark()
  const away = join(pointsman.folder, '..', 'away')
  renameSync(join(pointsman.folder, 'tenant'), away)
  await next('tenant/x', 'router retired', from)
  from = mark()
  renameSync(away, join(pointsman.folder, 'tenant'))
  const line = await next('tenant/x', 'router active', from)
  assert.notEqual(line.listen, undefined)
  assert.ok(port > 0)
  from = mark()
  rmSync(join(pointsman.folder, 'tenant'), { recursive: true })
  await next('tenant/x', 'router retired', from)
})

test('a worker that dies is started again and serves every router', async () => {
  const port = await pointsman.served('keep')
  const [worker = 0] = pointsman.workerPids
  const from = mark()
  process.kill(worker, 'SIGKILL')
  await pointsman.line('the new worker', ({ msg }) => msg === 'worker started again', from)
  assert.equal(await exchange(port, 'x'), 'keep')
})

test('a save that empties the file first and writes it in pieces is deployed once it is whole', async () => {
  const port = await serve('slow', says('before'))
  const from = mark()
  const file = join(pointsman.folder, 'slow.ts')
  const text = says('whole')
  for (let end = 0; end <= text.length; end += 16) {
    writeFileSync(file, text.slice(0, end))
    await new Promise((resume) => setImmediate(resume))
  }
  writeFileSync(file, text)
  await next('slow', 'router active', from)
  assert.equal(await exchange(port, 'x'), 'whole')
  const refused = pointsman.lines.slice(from).filter(({ msg, router }) => router === 'slow' && msg === 'router refused')
  assert.deepEqual(refused, [])
  unlinkSync(file)
  await next('slow', 'router retired', from)
})

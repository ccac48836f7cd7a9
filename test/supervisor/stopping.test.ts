import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'

const SAYS = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: 'hello' }) })\n`

const relays = (remote: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { remote: '${remote}' }) })\n`

/** A program with one relayed connection that goes on for as long as its client wants. */
async function withConnection(config: object = {}) {
  const echo = await echoServer('e')
  const pointsman = await Pointsman.start({ routers: { r: relays(echo.remote) }, config })
  const port = await pointsman.served('r')
  const client = await Client.connect(port)
  await client.write('a').receives(/e:a/)
  await pointsman.line('the count of connections', () => title(pointsman.pid).includes('1/1/1'))
  return {
    pointsman,
    port,
    client,
    async [Symbol.asyncDispose]() {
      client.destroy()
      await pointsman.stop()
      await echo[Symbol.asyncDispose]()
    },
  }
}

function title(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
}

const said = (pointsman: Pointsman, text: string) => pointsman.line(text, ({ msg }) => msg.startsWith(text))

test('QUIT stops accepting, waits for every connection and exits with 0', async () => {
  await using running = await withConnection({ drainTime: 0 })
  const { pointsman, port, client } = running
  pointsman.signal('SIGQUIT')
  await said(pointsman, 'Received QUIT signal. No longer accepting new connections.')
  await said(pointsman, 'Waiting for 1 connections to finish.')
  await until('the port to be closed', () =>
    Client.connect(port).then(
      (late) => late.destroy(),
      () => true,
    ),
  )
  assert.equal(await client.write('b').receives(/b/), 'e:ab')
  client.end()
  assert.deepEqual(await pointsman.exited(), { code: 0, signal: null })
})

test('TERM waits as long as it may, then ends connections by force and exits with 1', async () => {
  await using running = await withConnection({ drainTime: 300 })
  const { pointsman, client } = running
  pointsman.signal('SIGTERM')
  await said(pointsman, 'Maximum time to wait for connections is 0.3 seconds.')
  await client.closed()
  assert.deepEqual(await pointsman.exited(), { code: 1, signal: null })
})

test('TERM with nothing to wait for exits with 0 and leaves no process behind', async () => {
  await using pointsman = await Pointsman.start({ routers: { r: SAYS } })
  const children = [...pointsman.workerPids, ...pointsman.hostPids]
  assert.ok(children.length >= 2)
  pointsman.signal('SIGTERM')
  assert.deepEqual(await pointsman.exited(), { code: 0, signal: null })
  await until('the children to be gone', () => (children.some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true))
})

test('a second INT forces at once', async () => {
  await using running = await withConnection({ drainTime: 60_000 })
  const { pointsman } = running
  pointsman.signal('SIGINT')
  await said(pointsman, 'Received INT signal. No longer accepting')
  pointsman.signal('SIGINT')
  assert.deepEqual(await pointsman.exited(), { code: 1, signal: null })
})

test('TERM after QUIT gives the connections that are left the time that TERM gives', async () => {
  await using running = await withConnection({ drainTime: 200 })
  const { pointsman } = running
  pointsman.signal('SIGQUIT')
  await said(pointsman, 'Received QUIT signal.')
  pointsman.signal('SIGTERM')
  assert.deepEqual(await pointsman.exited(), { code: 1, signal: null })
})

test('workers end when their supervisor is killed', async () => {
  await using pointsman = await Pointsman.start({ routers: { r: SAYS } })
  const children = [...pointsman.workerPids, ...pointsman.hostPids]
  pointsman.signal('SIGKILL')
  await until('the children to be gone', () => (children.some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true))
})

test('HUP opens log files again and reads the configuration, and a broken one changes nothing', async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'pointsman-hup-'))
  t.after(() => rmSync(scratch, { recursive: true }))
  const access = join(scratch, 'access.log')
  const config = { log: { access } }
  await using pointsman = await Pointsman.start({ routers: { r: SAYS }, config })
  const port = await pointsman.served('r')
  assert.equal(await exchange(port, 'x'), 'hello')
  await until('an access record', () =>
    readFileSync(access, 'utf8').includes('"msg":"connection"') ? true : undefined,
  )
  renameSync(access, `${access}.1`)
  const configFile = join(pointsman.folder, '..', 'config.json')
  writeFileSync(configFile, '{"workres":1}')
  pointsman.signal('SIGHUP')
  const refused = await said(pointsman, 'configuration not reloaded')
  assert.match(String(refused.reason), /config\.json: workres is not a setting; did you mean workers\?/)
  assert.equal(await exchange(port, 'x'), 'hello')
  await until('a record in the new file', () =>
    existsSync(access) && readFileSync(access, 'utf8').includes('"msg":"connection"') ? true : undefined,
  )
  writeFileSync(
    configFile,
    JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, ...config, workers: 2, drainTime: 5 }),
  )
  pointsman.signal('SIGHUP')
  const reloaded = await said(pointsman, 'configuration reloaded')
  assert.deepEqual(reloaded.needRestart, ['workers'])
})

test('the title names the routers, their address and the connections', async () => {
  await using running = await withConnection()
  const { pointsman, port } = running
  assert.match(
    title(pointsman.pid),
    new RegExp(
      `^pointsman .*1/1/1.*routers 127\\.0\\.0\\.1:${port}|^pointsman .*routers 127\\.0\\.0\\.1:${port} - 1/1/1`,
    ),
  )
})

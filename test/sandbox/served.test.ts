import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandLine, Pointsman } from '../kit/pointsman.ts'
import { exchange } from '../kit/sockets.ts'

const CONFIG = {
  tenants: {
    defaults: { ports: ['*'] },
    named: {
      trusted: { trust: 'trusted' },
      apart: { host: 'own' },
      busy: { limits: { cpuPerSecond: 40, cpuBurst: 1, decisionTime: 500 } },
    },
  },
}

function router(body: string): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { host: '127.0.0.1', port: 0 },
  route(conn) {
    if (conn.text === '') return { noop: true }
    ${body}
  },
})
`
}

test('each trust has hosts of its own, those of untrusted tenants without a compiler, and a tenant waits for CPU time alone', async () => {
  const said = router("return { close: 'good' }")
  const busy = router("for (let n = 0; n < 5e5; n++); return { close: 'busy' }")
  const routers = {
    'web.ts': said,
    'trusted/web.ts': said,
    'apart/web.ts': said,
    'one/web.ts': said,
    'busy/web.ts': busy,
  }
  await using pointsman = await Pointsman.start({ routers, config: CONFIG })
  const ports = await Promise.all(Object.keys(routers).map((file) => pointsman.served(file.replace('.ts', ''))))
  const [port = 0, , , neighbour = 0, busyPort = 0] = ports
  for (const one of ports.slice(0, 4)) assert.equal(await exchange(one, 'x'), 'good')
  const jitless = pointsman.hostPids.map((pid) => commandLine(pid).includes('--jitless'))
  // A serving host and a spare each: the operator's, the trusted tenant's; the untrusted tenants', and the one apart.
  assert.deepEqual([jitless.length, jitless.filter((is) => is).length], [8, 4])
  // Each asks something else: an answer that is remembered costs nothing.
  const waits = Array.from({ length: 6 }, (_, at) => exchange(busyPort, `x${at}`))
  const line = await pointsman.line(
    'the limit',
    ({ msg, limit }) => msg === 'a limit was reached' && limit === 'cpuPerSecond',
  )
  assert.deepEqual([line.tenant, line.value, line.setting], ['busy', 40, 'tenants.named.busy.limits.cpuPerSecond'])
  for (const one of [port, neighbour]) assert.equal(await exchange(one, 'x'), 'good')
  assert.deepEqual(await Promise.all(waits), Array(6).fill('busy'))
})

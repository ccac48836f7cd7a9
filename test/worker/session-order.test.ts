import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DirectSandbox } from '../../sdk/src/sandbox/direct-sandbox.ts'
import { parseSettings } from '../../src/config/problems.ts'
import { Tenants } from '../../src/tenants/tenants.ts'
import { createEpollTransport, epollMissing } from '../../src/transport/epoll/epoll.ts'
import { EpollConnection } from '../../src/transport/epoll/epoll-connection.ts'
import { ActiveRouters } from '../../src/worker/active-routers.ts'
import { Decider } from '../../src/worker/decide.ts'
import { Resolver } from '../../src/worker/dns.ts'
import { RouterNames } from '../../src/worker/router-names.ts'
import { Session } from '../../src/worker/session.ts'
import type { SessionContext } from '../../src/worker/session-context.ts'
import { dial, listen } from '../contract/ends.ts'
import { eventually } from '../contract/eventually.ts'

test('a client of which a limit refused a connection comes last when it comes again', {
  skip: epollMissing() ?? false,
}, async (t) => {
  const settings = parseSettings({ preread: { clientConnections: 1 } }, 'f')
  const transport = createEpollTransport()
  const routers = new ActiveRouters()
  const closed: (string | undefined)[] = []
  const context: SessionContext = {
    transport,
    routers,
    decider: new Decider({
      sandbox: new DirectSandbox(),
      lookup: { get: (_router, _table, _key, answered) => setImmediate(answered, null) },
      routers,
      logged: () => {},
    }),
    resolver: new Resolver(settings.dns),
    judgeOf: () => (target) => ({ kind: 'permitted', target }),
    tenants: new Tenants(settings, { say: () => {}, served: () => new Set() }),
    settings: () => settings,
    routerFailed: () => {},
    recorder: () => undefined,
    closed: (_session, { limit }) => void closed.push(limit),
  }
  const names = new RouterNames()
  names.set('acme/r', ['acme.example'])
  const order: string[] = []
  const listener = await listen(t, transport, (connection) => {
    assert.ok(connection instanceof EpollConnection)
    const last = t.mock.method(connection, 'comeLast')
    new Session('1', context, { name: 'l', routers: names }, connection).open()
    order.push(last.mock.callCount() === 0 ? 'with all' : 'last')
  })
  const come = async (number: number) => {
    dial(t, listener.port)
    await eventually(
      `connection ${number}`,
      () => order.length === number,
      () => order,
    )
  }
  await come(1)
  await come(2)
  await come(3)
  assert.deepEqual(order, ['with all', 'with all', 'last'])
  assert.deepEqual(closed, ['clientConnections', 'clientConnections'])
})

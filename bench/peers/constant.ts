/**
 * Pointsman's own way of a connection (transport, session, preread, relay), but with the same answer to every question, given in this very
 * process: what is missing from its cost is what the wall costs.
 *
 *     node bench/peers/constant.ts <port> <upstream port>
 */
import { parseAnswer } from 'router-sdk/decision'
import { type Question, READ_ALL, type Reply, type RouterDescription, type Sandbox } from 'router-sdk/sandbox'
import { settingsSchema } from '../../src/config/schema.ts'
import { Tenants } from '../../src/tenants/tenants.ts'
import { chooseTransport } from '../../src/transport/choose.ts'
import { descriptorsLeft } from '../../src/transport/descriptors.ts'
import { ActiveRouters } from '../../src/worker/active-routers.ts'
import { Decider } from '../../src/worker/decide.ts'
import { Resolver } from '../../src/worker/dns.ts'
import { Listener } from '../../src/worker/listener.ts'
import { Sessions } from '../../src/worker/sessions.ts'

const [port = 0, upstream = 0] = process.argv.slice(2).map(Number)
const ROUTER = 'http'

class Constant implements Sandbox {
  readonly #reply: Reply

  constructor(reply: Reply) {
    this.#reply = reply
  }

  async load(): Promise<RouterDescription> {
    return DESCRIPTION
  }

  unload(): void {}

  ask(_id: number, _question: Question, answered: (reply: Reply) => void): void {
    process.nextTick(answered, this.#reply)
  }

  async measure(): Promise<undefined> {}

  async close(): Promise<void> {}
}

const DESCRIPTION: RouterDescription = {
  listen: undefined,
  hooks: ['route'],
  failure: { kind: 'close', text: undefined },
  memo: false,
}
const settings = settingsSchema.parse({ transport: 'epoll' })
const { transport } = chooseTransport(settings.transport, { keepAlive: settings.relay.keepAlive })
const routers = new ActiveRouters()
routers.warmed({ id: 1, router: ROUTER, about: { number: 1, bundle: '', sourceMap: '' }, description: DESCRIPTION })
routers.activate(1)
const decision = parseAnswer({ remote: `127.0.0.1:${upstream}` })
const sessions = new Sessions({
  context: {
    transport,
    routers,
    decider: new Decider({
      sandbox: new Constant({ kind: 'answered', decision, read: READ_ALL, cpu: 1, log: [] }),
      lookup: { get: (_router, _table, _key, answered) => answered(null) },
      routers,
      logged: () => {},
    }),
    resolver: new Resolver(settings.dns),
    judgeOf: () => (target) => ({ kind: 'permitted', target }),
    tenants: new Tenants(settings, { say: () => {}, served: () => new Set() }),
    settings: () => settings,
    recorder: () => undefined,
    routerFailed: (_router, { message }) => process.stderr.write(`${message}\n`),
  },
  workerIndex: 1,
  limit: () => 9950,
  descriptorsLeft,
  full: () => {},
  closed: () => {},
  counted: () => {},
})
const listener = await Listener.open(
  transport,
  { host: '127.0.0.1', port, reusePort: true },
  (at, connection) => sessions.accept(at, connection),
  (_, error) => process.stderr.write(`${error.message}\n`),
)
listener.routers.set(ROUTER, undefined)

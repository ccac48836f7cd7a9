import { type Client, TestServer } from '../kit/sockets.ts'
import { dictate, puppet } from './puppet.ts'
import { refusedRemote } from './upstreams.ts'

/** The settings under which fates are quick. */
export const FATAL_CONFIG = {
  preread: { limit: 2000, time: 1000 },
  connect: { retries: 1, retryDelay: 10 },
  relay: { idleTimeout: 2000 },
  drainTime: 100,
}

export const FATAL_ROUTER: string = puppet(`failure: { close: 'failed' },`)

const STUBBORN_ANSWER = { noop: true }

/** Upstreams for every way in which a connection can end. */
export class Upstreams implements AsyncDisposable {
  readonly echo: TestServer
  readonly mute: TestServer
  readonly brief: TestServer
  readonly resetting: TestServer
  readonly refused: string

  static async start(): Promise<Upstreams> {
    const echo = await TestServer.start((socket) => socket.pipe(socket))
    const mute = await TestServer.start((socket) => socket.resume())
    const brief = await TestServer.start((socket) => socket.once('data', () => socket.end('brief')))
    const resetting = await TestServer.start((socket) => socket.once('data', () => socket.resetAndDestroy()))
    return new Upstreams(echo, mute, brief, resetting, await refusedRemote())
  }

  private constructor(echo: TestServer, mute: TestServer, brief: TestServer, resetting: TestServer, refused: string) {
    this.echo = echo
    this.mute = mute
    this.brief = brief
    this.resetting = resetting
    this.refused = refused
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.echo, this.mute, this.brief, this.resetting]) await server[Symbol.asyncDispose]()
  }
}

/** One way to end: lives a connection to its end, by the reason that its record is to have. */
export type Fate = (port: number, upstreams: Upstreams) => Promise<Client>

const ended = async (client: Client): Promise<Client> => {
  await client.rest()
  client.end()
  return client
}

export const FATES: Readonly<Record<string, Fate>> = {
  'router-closed': async (port) => ended(await dictate(port, { close: 'bye' })),
  'router-failed': async (port) => ended(await dictate(port, { close: 5 })),
  'client-end': async (port, { echo }) => ended((await dictate(port, { remote: echo.remote, data: 'data' })).end()),
  'upstream-end': async (port, { brief }) => ended(await dictate(port, { remote: brief.remote, data: 'data' })),
  'upstream-reset': async (port, { resetting }) =>
    ended(await dictate(port, { remote: resetting.remote, data: 'data' })),
  'client-reset': async (port, { echo }) => {
    const client = await dictate(port, { remote: echo.remote, data: 'data' })
    await client.receives(/^data$/)
    client.reset()
    return client
  },
  'connect-failed': async (port, { refused }) => ended(await dictate(port, { remote: refused })),
  'client-left': async (port) => {
    const client = await dictate(port, STUBBORN_ANSWER)
    return ended(client.end())
  },
  'preread-full': async (port) => ended(await dictate(port, STUBBORN_ANSWER, 'x'.repeat(2500))),
  'preread-timeout': async (port) => ended(await dictate(port, STUBBORN_ANSWER)),
  'inactivity-timeout': async (port, { mute }) =>
    ended(await dictate(port, { remote: mute.remote, data: 'data', inactivityTimeout: 50 })),
  'idle-timeout': async (port, { mute }) => ended(await dictate(port, { remote: mute.remote, data: 'data' })),
}

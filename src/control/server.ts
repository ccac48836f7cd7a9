import { chmodSync, unlinkSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { METRICS_TYPE, metricsText } from './metrics.ts'
import type { Status } from './status.ts'

// An import of it would load all that it exports, a client for the web included: 30 ms of a start.
const { createServer } = process.getBuiltinModule('node:http')

/** What can be asked of a running program. */
export interface Controlled {
  status(): Promise<Status>
  /** Ends quarantines and takes rollbacks back; the routers of `tenant`, or `undefined` when there is no such tenant. */
  release(tenant: string): Promise<readonly string[] | undefined>
}

/** The socket cannot be had; the message says why. */
export class ControlRefused extends Error {}

const REQUEST_TIME = 5000
const MOST_CONNECTIONS = 32
const RELEASE = /^\/tenants\/([A-Za-z0-9_-]+)\/release$/

/**
 * HTTP over a unix socket that only its user may connect to.
 *
 * | request | answer |
 * |---|---|
 * | `GET /status` | `Status` as JSON |
 * | `GET /metrics` | the same as Prometheus's text |
 * | `POST /tenants/NAME/release` | `{ "released": [router, …] }` |
 */
export class ControlServer {
  readonly #server: Server
  readonly #path: string

  /** @throws ControlRefused */
  static async open(path: string, controlled: Controlled): Promise<ControlServer> {
    if (await answers(path)) throw new ControlRefused(`another pointsman listens on ${path}`)
    const server = createServer({ requestTimeout: REQUEST_TIME, headersTimeout: REQUEST_TIME }, (request, response) => {
      request.resume()
      void answer(request, controlled).then((reply) => send(response, reply))
    })
    server.maxConnections = MOST_CONNECTIONS
    await listen(server, path)
    return new ControlServer(server, path)
  }

  private constructor(server: Server, path: string) {
    this.#server = server
    this.#path = path
  }

  get path(): string {
    return this.#path
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string
}

async function answer({ method, url = '' }: IncomingMessage, controlled: Controlled): Promise<Reply> {
  try {
    if (method === 'GET' && url === '/status') return json(200, await controlled.status())
    if (method === 'GET' && url === '/metrics')
      return { status: 200, type: METRICS_TYPE, body: metricsText(await controlled.status()) }
    const tenant = RELEASE.exec(url)?.[1]
    if (method === 'POST' && tenant !== undefined) return released(tenant, await controlled.release(tenant))
    return json(404, {
      error: `${method} ${url.slice(0, 200)} is not known; known are GET /status, GET /metrics, POST /tenants/NAME/release`,
    })
  } catch (error) {
    return json(500, { error: error instanceof Error ? error.message : String(error) })
  }
}

function released(tenant: string, routers: readonly string[] | undefined): Reply {
  return routers === undefined ? json(404, { error: `there is no tenant ${tenant}` }) : json(200, { released: routers })
}

function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` }
}

function send(response: ServerResponse, { status, type, body }: Reply): void {
  response.writeHead(status, { 'content-type': type }).end(body)
}

/** A socket that a killed program left behind is taken away; one that is listened on is not. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error) => {
      if ('code' in error && error.code === 'ECONNREFUSED') unlinkSync(path)
      resolve(false)
    })
  })
}

/** The umask makes the socket its user's before anybody could connect. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new ControlRefused(`cannot listen on ${path}: ${error.message}`)))
    const mask = process.umask(0o177)
    server.listen(path, () => {
      chmodSync(path, 0o600)
      server.unref()
      resolve()
    })
    process.umask(mask)
  })
}

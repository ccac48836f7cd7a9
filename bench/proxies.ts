import { fileURLToPath } from 'node:url'

/** How one program is started: its files from `bench/peers/`, filled in, and its command. */
export interface Peer {
  /** In tables and plots. */
  readonly name: string
  /** Programs that must be there. */
  readonly needs: readonly string[]
  /** Templates of `bench/peers/`, and where in the program's own folder they go. */
  readonly files: Readonly<Record<string, string>>
  /** What the templates have beside `port`, `upstream` and `scratch`. */
  readonly values?: Readonly<Record<string, string>>
  readonly command: (place: Place) => readonly string[]
  /** It is compiled while it runs, and needs a longer warm-up. */
  readonly jit?: true
}

export interface Place {
  readonly port: number
  readonly upstream: number
  /** A folder of its own. */
  readonly scratch: string
}

const BIN = fileURLToPath(new URL('../bin/pointsman.js', import.meta.url))
const QUIET = ['--disable-warning=ExperimentalWarning']
const peer = (file: string): string => fileURLToPath(new URL(`peers/${file}`, import.meta.url))

/** A tenant may do here what it needs for being measured. */
const TENANTS = {
  defaults: {
    ports: ['*'],
    reach: ['127.0.0.0/8:*'],
    limits: {
      cpuPerSecond: 0,
      decisionsInFlight: 0,
      connectionsPerSecond: 0,
      connections: 0,
      clientConnectionsPerSecond: 0,
      clientConnections: 0,
    },
  },
}

/** The program that answers behind the proxies; `name` is what it answers. */
export function origin(name: string): Peer {
  const command = ({ scratch }: Place) => ['nginx', '-p', scratch, '-c', `${scratch}/origin.conf`]
  return { name: 'origin', needs: ['nginx'], files: { 'origin.conf': 'origin.conf' }, values: { name }, command }
}

/** Each peer says more in its file of `bench/peers/`. */
export const PEERS = {
  stream: nginxStream('nginx stream, no script', '16k'),
  streamBulk: nginxStream('nginx stream, 128 KiB buffers', '128k'),
  njs: nginxNjs('nginx with njs js_preread', 'off'),
  /** The same work as ours: each side may finish what it has to say. */
  njsHalfClose: nginxNjs('nginx with njs, half-close', 'on'),
  haproxy: haproxy('HAProxy, content inspection', '16384'),
  haproxyBulk: haproxy('HAProxy, 128 KiB buffers', '131072'),
  haproxyAuto: haproxy('HAProxy, splice-auto', '16384', { splice: 'option splice-auto' }),
  haproxySplice: haproxy('HAProxy, splice, 256 KiB pipes', '16384', {
    splice: 'option splice-request\n  option splice-response',
    pipe: 'tune.pipesize 262144',
  }),
  haproxyLua: {
    name: 'HAProxy with Lua',
    needs: ['haproxy'],
    files: { 'haproxy-lua.cfg': 'haproxy.cfg', 'haproxy-lua.lua': 'haproxy-lua.lua' },
    command: ({ scratch }) => ['haproxy', '-db', '-f', `${scratch}/haproxy.cfg`],
  },
  sslh: {
    name: 'sslh-select',
    needs: ['sslh-select'],
    files: { 'sslh.cfg': 'sslh.cfg' },
    command: ({ scratch }) => ['sslh-select', `--config=${scratch}/sslh.cfg`],
  },
  sniproxy: {
    name: 'sniproxy',
    needs: ['sniproxy'],
    files: { 'sniproxy.conf': 'sniproxy.conf' },
    command: ({ scratch }) => ['sniproxy', '-f', '-c', `${scratch}/sniproxy.conf`],
  },
  node: {
    name: 'Node net and pipe()',
    needs: [],
    files: {},
    command: ({ port, upstream }) => [process.execPath, peer('node-pipe.ts'), String(port), String(upstream)],
    jit: true,
  },
} as const satisfies Record<string, Peer>

/** Pointsman in its several forms, `ours` being the one that is compared. */
export const OURS = {
  ours: pointsman('Pointsman', { transport: 'epoll' }),
  net: pointsman('Pointsman, on Node’s net', { transport: 'net' }),
  /** An untrusted tenant's router: its sandbox host has no compiler of machine code, and the tenant has limits (here not reached). */
  tenant: pointsman('Pointsman, untrusted tenant', { transport: 'epoll' }, 'acme'),
  /** On the same core as the others: what a second worker makes a connection cost, not how many more there are. */
  twoWorkers: pointsman('Pointsman, two workers', { transport: 'epoll', workers: 2 }),
  constant: {
    name: 'Pointsman without its sandbox',
    needs: [],
    files: {},
    command: ({ port, upstream }) => [process.execPath, ...QUIET, peer('constant.ts'), String(port), String(upstream)],
    jit: true,
  },
} as const satisfies Record<string, Peer>

/** As `OURS.ours`, with other settings. */
export function oursWith(settings: object): Peer {
  return pointsman('Pointsman', { transport: 'epoll', ...settings })
}

function pointsman(name: string, settings: object, tenant = ''): Peer {
  // several run at once: only one could have the control socket
  const config = { log: { access: false, level: 'error' }, control: { socket: null }, tenants: TENANTS, ...settings }
  return {
    name,
    needs: [],
    files: { 'router.ts.in': `routers/${tenant}/http.ts`, 'pointsman.json.in': 'pointsman.json' },
    values: { config: JSON.stringify(config) },
    command: ({ scratch }) => [process.execPath, BIN, 'serve', `${scratch}/routers`, '-c', `${scratch}/pointsman.json`],
    jit: true,
  }
}

function nginxStream(name: string, buffer: string): Peer {
  return {
    name,
    needs: ['nginx'],
    files: { 'nginx-stream.conf': 'nginx.conf' },
    values: { buffer },
    command: ({ scratch }) => ['nginx', '-p', scratch, '-c', `${scratch}/nginx.conf`],
  }
}

function nginxNjs(name: string, halfClose: 'on' | 'off'): Peer {
  return {
    name,
    needs: ['nginx'],
    files: { 'nginx-njs.conf': 'nginx.conf', 'nginx-njs.js': 'nginx-njs.js' },
    values: { halfClose },
    command: ({ scratch }) => ['nginx', '-p', scratch, '-c', `${scratch}/nginx.conf`],
  }
}

function haproxy(name: string, buffer: string, { splice = '', pipe = '' } = {}): Peer {
  return {
    name,
    needs: ['haproxy'],
    files: { 'haproxy.cfg': 'haproxy.cfg' },
    // a pipe for each way that is spliced comes on top of the two sockets
    values: { buffer, splice, pipe, connections: splice === '' ? '9950' : '4000' },
    command: ({ scratch }) => ['haproxy', '-db', '-f', `${scratch}/haproxy.cfg`],
  }
}

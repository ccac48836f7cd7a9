import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../test/kit/sockets.ts'

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..')
const CLOCK_TICKS = 100 // sysconf(_SC_CLK_TCK) of every Linux on x86-64 and arm64
const START_TIME = 15_000

/** A proxy, or the server behind it, with everything that it started. */
export interface Peer {
  readonly name: string
  readonly port: number
  /** Processes whose time counts: the program and its children, theirs included. */
  pids(): number[]
  stop(): void
}

/** The programs that a benchmark compares, each on a port of its own, pinned to `cpu`. */
export class Peers {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'pointsman-bench-'))
  readonly #children: ChildProcess[] = []

  constructor() {
    // what was started is in sessions of its own, and would live on
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        this.stop()
        process.exit(1)
      })
  }

  /** An nginx that answers `hello`: what stands behind every proxy. */
  async origin(cpu: number): Promise<Peer> {
    const port = await freePort()
    const http = `http { access_log off; server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "hello"; } } }`
    return this.#nginx('nginx origin', port, cpu, http)
  }

  async nginxStream(cpu: number, origin: number): Promise<Peer> {
    const port = await freePort()
    const server = `server { listen 127.0.0.1:${port} backlog=4096; proxy_pass 127.0.0.1:${origin}; }`
    return this.#nginx('nginx stream, no script', port, cpu, `stream { access_log off; ${server} }`)
  }

  async nginxNjs(cpu: number, origin: number): Promise<Peer> {
    const port = await freePort()
    this.#file(
      'route.js',
      `function preread(s) { s.on('upload', function (data) {
         if (data.length === 0) return;
         s.variables.to = data.startsWith('GET ') ? '127.0.0.1:${origin}' : '';
         s.done(); }) }
       export default { preread }`,
    )
    const stream = `stream { access_log off; js_path ${this.#scratch}; js_import route.js; js_var $to;
      server { listen 127.0.0.1:${port} backlog=4096; js_preread route.preread; proxy_pass $to; } }`
    return this.#nginx('nginx with njs js_preread', port, cpu, stream)
  }

  async haproxy(cpu: number, origin: number): Promise<Peer> {
    const port = await freePort()
    const config = this.#file(
      'haproxy.cfg',
      `global
  nbthread 1
defaults
  mode tcp
  timeout client 10s
  timeout server 10s
  timeout connect 5s
frontend in
  bind 127.0.0.1:${port} backlog 4096
  tcp-request inspect-delay 5s
  acl get req.payload(0,4) -m bin 47455420
  tcp-request content accept if get
  use_backend origin if get
backend origin
  server origin 127.0.0.1:${origin}
`,
    )
    return this.#start('haproxy, content inspection', port, cpu, ['haproxy', '-db', '-f', config])
  }

  async pointsman(cpu: number, origin: number, config: object = {}): Promise<Peer> {
    const port = await freePort()
    const folder = join(this.#scratch, `routers-${port}`)
    this.#file(
      `routers-${port}/http.ts`,
      `import { defineRouter } from 'router-sdk'
       export default defineRouter({
         listen: { host: '127.0.0.1', port: ${port} },
         route: (conn) => (conn.text.startsWith('GET ') ? { remote: '127.0.0.1:${origin}' } : { noop: true, atLeast: 4 }),
       })`,
    )
    const settings = this.#file(
      `pointsman-${port}.json`,
      JSON.stringify({ log: { access: false, level: 'error' }, ...config }),
    )
    const command = [process.execPath, join(REPOSITORY, 'bin/pointsman.js'), 'serve', folder, '-c', settings]
    return this.#start('pointsman', port, cpu, command)
  }

  stop(): void {
    for (const child of this.#children) if (child.pid !== undefined) killGroup(child.pid)
    rmSync(this.#scratch, { recursive: true, force: true })
  }

  #file(name: string, text: string): string {
    const path = join(this.#scratch, name)
    mkdirFor(path)
    writeFileSync(path, text)
    return path
  }

  #nginx(name: string, port: number, cpu: number, block: string): Promise<Peer> {
    const modules = block.startsWith('stream')
      ? ['ngx_stream_module', ...(block.includes('js_import') ? ['ngx_stream_js_module'] : [])]
      : []
    const loads = modules.map((module) => `load_module /usr/lib/nginx/modules/${module}.so;`).join('\n')
    const config = this.#file(
      `nginx-${port}.conf`,
      `${loads}
       daemon off; worker_processes 1; error_log stderr crit; pid ${this.#scratch}/nginx-${port}.pid;
       events { worker_connections 32768; }
       ${block}`,
    )
    return this.#start(name, port, cpu, ['nginx', '-p', this.#scratch, '-c', config])
  }

  async #start(name: string, port: number, cpu: number, command: readonly string[]): Promise<Peer> {
    const child = spawn('taskset', ['-c', String(cpu), ...command], { stdio: 'ignore', detached: true })
    this.#children.push(child)
    const pid = child.pid ?? -1
    const peer = { name, port, pids: () => withChildren(pid), stop: () => killGroup(pid) }
    const end = performance.now() + START_TIME
    while (!(await answers(port))) {
      if (performance.now() > end || child.exitCode !== null) throw new Error(`${name} does not answer on port ${port}`)
      await new Promise((resume) => setTimeout(resume, 50))
    }
    return peer
  }
}

/** User and system time of processes so far, in microseconds. */
export function cpuTime(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return (ticks / CLOCK_TICKS) * 1e6
}

function withChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
  return [pid, ...children.flatMap(withChildren)]
}

function killGroup(pid: number): void {
  // Sandbox hosts have groups of their own and end with their workers.
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // gone already
  }
}

function mkdirFor(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('close', () => resolve(false))
    socket.write('GET / HTTP/1.0\r\n\r\n')
  })
}

import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'

const GRANTS = { ports: ['*'], reach: ['127.0.0.0/8:*'] }
const HEAD = "import { defineRouter } from 'router-sdk'\nexport default defineRouter({ route: (conn) => "
const says = (word: string) => `${HEAD}(conn.bytes.length === 0 ? { noop: true } : { close: '${word}' }) })\n`
const relays = (remote: string) => `${HEAD}(conn.bytes.length === 0 ? { noop: true } : { remote: '${remote}' }) })\n`
const loops = `${HEAD}{ for (let at = 0; conn.bytes.length > 0; at++) if (at < 0) break\n return { noop: true } } })\n`

let p: Pointsman
let echo: Awaited<ReturnType<typeof echoServer>>
before(async () => {
  echo = await echoServer('e')
  p = await Pointsman.start({
    routers: { own: says('own'), 'acme/git': relays(echo.remote), 'evil/loop': loops },
    config: { tenants: { defaults: GRANTS }, strikes: { limit: 1, quarantine: 3_600_000, quarantineMax: 3_600_000 } },
  })
})
after(async () => {
  await p?.stop()
  await echo[Symbol.asyncDispose]()
})

const socket = () => String(p.lines.find(({ msg }) => msg === 'pointsman serves')?.control)

async function status() {
  const { stdout, code } = await p.command('status')
  assert.equal(code, 0)
  return JSON.parse(stdout)
}

/** One request to the control socket. */
function ask(method: string, path: string): Promise<{ status: number | undefined; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: socket(), method, path }, (response) => {
      const type = String(response.headers['content-type'])
      text(response).then((body) => resolve({ status: response.statusCode, type, body }), reject)
    })
      .on('error', reject)
      .end()
  })
}

describe('the control socket', () => {
  it('is its user’s alone', async () => {
    await p.line('serving', ({ msg }) => msg === 'pointsman serves')
    assert.equal(statSync(socket()).mode & 0o777, 0o600)
  })

  it('says what is served, and what each tenant uses', async () => {
    const client = await Client.connect(await p.served('acme/git'))
    await client.write('hello').receives(/e:hello/)
    const now = await status()
    assert.deepEqual(
      now.routers.map(({ router, version, standing }: Record<string, unknown>) => [router, version, standing]),
      [
        ['acme/git', 1, 'clear'],
        ['evil/loop', 1, 'clear'],
        ['own', 1, 'clear'],
      ],
    )
    const acme = now.tenants.find(({ tenant }: { tenant: string }) => tenant === 'acme')
    assert.deepEqual([acme.connections, acme.accepted, acme.failures], [1, 1, 0])
    assert.ok(acme.decisions >= 1)
    client.destroy()
    await p.record(client)
  })

  it('gives the same to Prometheus', async () => {
    const { status, type, body } = await ask('GET', '/metrics')
    assert.equal(status, 200)
    assert.match(type, /^text\/plain; version=0\.0\.4/)
    assert.match(body, /^pointsman_connections_total\{tenant="acme"\} 1$/m)
    assert.match(body, /^pointsman_router_version\{router="acme\/git"\} 1$/m)
    for (const line of body.trimEnd().split('\n'))
      assert.match(line, /^(# (HELP|TYPE) pointsman_[a-z_]+ .+|pointsman_[a-z_]+\{([a-z]+="[^"]*",?)*\} [0-9]+)$/)
    assert.equal((await p.command('metrics')).stdout, (await ask('GET', '/metrics')).body)
  })

  it('lets a tenant out of quarantine', async () => {
    const port = await p.served('evil/loop')
    const client = await Client.connect(port)
    await client.write('x').rest()
    const quarantined = async () => {
      const { routers } = await status()
      return routers.find(({ router }: { router: string }) => router === 'evil/loop').standing === 'quarantined'
    }
    assert.ok(await quarantined())
    assert.match((await p.command('tenants')).stdout, /^evil +1\/1 .*evil\/loop quarantined$/m)
    assert.match((await ask('GET', '/metrics')).body, /^pointsman_router_quarantined\{router="evil\/loop"\} 1$/m)
    const { code, stdout } = await p.command('tenants', 'release', 'evil')
    assert.deepEqual([code, stdout], [0, 'released evil: evil/loop\n'])
    assert.ok(!(await quarantined()))
    assert.match((await p.command('tenants')).stdout, /^evil +1\/1 .* -$/m)
  })

  it('answers a mistake in words', async () => {
    const cases: [string[], RegExp][] = [
      [['tenants', 'release', 'nobody'], /^pointsman: there is no tenant nobody\n$/],
      [['tenants', 'release', '../x'], /^pointsman: "\.\.\/x" is not the name of a tenant\n$/],
    ]
    for (const [args, message] of cases) {
      const { code, stderr } = await p.command(...args)
      assert.match(stderr, message)
      assert.equal(code, 1)
    }
    const unknown = await ask('DELETE', '/everything')
    assert.equal(unknown.status, 404)
    assert.match(unknown.body, /DELETE \/everything is not known; known are GET \/status/)
  })
})

describe('without a program to ask', () => {
  it('commands say which socket nobody answers on', async () => {
    const gone = await Pointsman.start({ routers: { own: says('own') } })
    const path = String((await gone.line('serving', ({ msg }) => msg === 'pointsman serves')).control)
    assert.ok(existsSync(path))
    gone.signal('SIGTERM')
    await gone.exited()
    await until('the socket to be gone', () => (existsSync(path) ? undefined : true))
    const { code, stderr } = await gone.command('status')
    assert.equal(stderr, `pointsman: no pointsman answers on ${path}: there is no such socket\n`)
    assert.equal(code, 1)
    await gone.stop()
  })

  it('a socket that a killed program left behind is taken over, and one in use is not', async () => {
    await using first = await Pointsman.start({ routers: { own: says('own') } })
    const path = String((await first.line('serving', ({ msg }) => msg === 'pointsman serves')).control)
    await using second = await Pointsman.start({
      routers: { own: says('own') },
      config: { control: { socket: path } },
      expect: [],
    })
    assert.equal((await second.exited()).code, 1)
    assert.match(second.stderr.join('\n'), /control\.socket: another pointsman listens on/)
    process.kill(first.pid, 'SIGKILL')
    await first.exited()
    await using third = await Pointsman.start({ routers: { own: says('own') }, config: { control: { socket: path } } })
    await third.line('serving', ({ msg, control }) => msg === 'pointsman serves' && control === path)
  })
})

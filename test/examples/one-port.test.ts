import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server as NetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { clientHello } from '../kit/client-hello.ts'
import { exampleRouter } from '../kit/examples.ts'
import { Pointsman } from '../kit/pointsman.ts'
import { find, missing, run } from '../kit/programs.ts'
import { Client, freePort } from '../kit/sockets.ts'
import { selfSigned } from '../kit/tls.ts'
import { until } from '../kit/wait.ts'

const NEEDS = missing(
  'openssl',
  'curl',
  'ssh',
  'sshd',
  'ssh-keyscan',
  'ssh-keygen',
  'postgres',
  'initdb',
  'psql',
  'setpriv',
)

describe('examples/one-port: HTTP, TLS, SSH and PostgreSQL on one port', { skip: NEEDS }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'pointsman-one-port-'))
  const children: ChildProcess[] = []
  const webServers: Server[] = []
  let pointsman: Pointsman
  let port: number

  before(async () => {
    chmodSync(scratch, 0o755)
    const http = createHttpServer((_request, response) => response.end('plain'))
    const tls = createHttpsServer(selfSigned('localhost'), (_request, response) => response.end('encrypted'))
    webServers.push(http, tls)
    const servers = {
      http: await listening(http),
      tls: await listening(tls),
      ssh: await startSshd(),
      postgres: await startPostgres(),
    }
    const table = JSON.stringify(
      Object.fromEntries(Object.entries(servers).map(([name, at]) => [name, `127.0.0.1:${at}`])),
    )
    pointsman = await Pointsman.start({
      routers: { 'one-port': exampleRouter('one-port/one-port.ts'), 'one-port.servers.json': table },
      config: { preread: { time: 2000 } },
    })
    port = await pointsman.served('one-port')
  })

  after(async () => {
    await pointsman.stop()
    for (const child of children) if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    for (const server of webServers) server.close()
    await Promise.all(
      children.map((child) => until('a server to end', () => child.exitCode ?? child.signalCode ?? undefined)),
    )
    rmSync(scratch, { recursive: true, force: true })
  })

  function daemon(program: string, words: string[]): void {
    children.push(spawn(find(program) ?? program, words, { stdio: 'ignore', detached: true }))
  }

  async function startSshd(): Promise<number> {
    const key = join(scratch, 'host_key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    mkdirSync('/run/sshd', { recursive: true })
    const at = await freePort()
    const config = join(scratch, 'sshd_config')
    writeFileSync(config, `ListenAddress 127.0.0.1:${at}\nHostKey ${key}\nPidFile none\n`)
    daemon('sshd', ['-D', '-f', config])
    await accepting(at)
    return at
  }

  async function startPostgres(): Promise<number> {
    const data = join(scratch, 'postgres')
    mkdirSync(data)
    const [uid, gid] = ['-u', '-g'].map((option) =>
      Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' })),
    )
    chownSync(data, uid ?? 0, gid ?? 0)
    const as = ['--reuid', 'postgres', '--regid', 'postgres', '--clear-groups', '--']
    execFileSync('setpriv', [...as, find('initdb') ?? '', '-D', data, '-A', 'trust', '-N', '-U', 'ann'], {
      stdio: 'ignore',
      cwd: '/',
    })
    const at = await freePort()
    daemon('setpriv', [...as, find('postgres') ?? '', '-D', data, '-p', String(at), '-h', '127.0.0.1', '-k', ''])
    await accepting(at)
    return at
  }

  it('serves HTTP to curl', async () => {
    assert.equal((await run('curl', ['-sS', `http://127.0.0.1:${port}/`])).stdout, 'plain')
  })

  it('serves HTTPS to curl', async () => {
    assert.equal((await run('curl', ['-sSk', `https://localhost:${port}/`])).stdout, 'encrypted')
  })

  it('takes ssh to the real sshd', async () => {
    const trust = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes']
    const tried = await run('ssh', [...trust, '-p', String(port), 'nobody@127.0.0.1', 'true'])
    assert.match(tried.stderr, /Permanently added .*ED25519[\s\S]*Permission denied/)
  })

  it('takes a client that waits for a greeting to the real sshd', async () => {
    const scanned = await run('ssh-keyscan', ['-t', 'ed25519', '-p', String(port), '127.0.0.1'])
    assert.match(scanned.stdout, /ssh-ed25519 AAAA/, scanned.stderr)
  })

  for (const mode of ['disable', 'prefer'])
    it(`runs a query of psql with sslmode=${mode}`, async () => {
      const url = `postgresql://ann@127.0.0.1:${port}/postgres?sslmode=${mode}`
      const got = await run('psql', [url, '-Atc', 'select 6 * 7'])
      assert.equal(got.stdout.trim(), '42', got.stderr)
    })

  it('tells them apart when their first bytes come one at a time', async () => {
    const hello = await clientHello('localhost')
    const first: [string | Uint8Array, RegExp][] = [
      ['GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /plain$/],
      [hello, /^\x16\x03/],
      ['SSH-2.0-test\r\n', /^SSH-2\.0-OpenSSH/],
      ['\0\0\0\x08\x04\xd2\x16\x2f', /^N/],
    ]
    for (const [bytes, answer] of first) {
      const client = await Client.connect(port)
      await client.dribble(bytes)
      await client.receives(answer)
      client.destroy()
    }
  })

  it('closes what is none of them', async () => {
    const client = await Client.connect(port)
    assert.equal(await client.write('\x99\x98\x97\x96\x95\x94\x93\x92').rest(), '')
    client.destroy()
  })
})

async function listening(server: NetServer | Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function accepting(port: number): Promise<void> {
  await until(`a server on port ${port}`, () =>
    Client.connect(port).then(
      (client) => {
        client.destroy()
        return true
      },
      () => undefined,
    ),
  )
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { connect } from 'node:tls'
import { clientHello } from '../kit/client-hello.ts'
import { exampleRouter } from '../kit/examples.ts'
import { Pointsman } from '../kit/pointsman.ts'
import { missing, run } from '../kit/programs.ts'
import { Client } from '../kit/sockets.ts'
import { selfSigned } from '../kit/tls.ts'

describe('examples/sni: TLS passed through by server name', { skip: missing('openssl') }, () => {
  const servers: Server[] = []
  let pointsman: Pointsman
  let port: number

  async function site(name: string): Promise<string> {
    const server = createServer(selfSigned(name), (_request, response) => response.end(`this is ${name}`))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  before(async () => {
    const [www, wild] = [await site('www.example.org'), await site('shop.example.net')]
    pointsman = await Pointsman.start({
      routers: { sni: exampleRouter('sni/sni.ts'), 'sni.sites.csv': `www.example.org,${www}\n*.example.net,${wild}\n` },
    })
    port = await pointsman.served('sni')
  })

  after(async () => {
    await pointsman.stop()
    for (const server of servers) server.close()
  })

  for (const name of ['www.example.org', 'shop.example.net'])
    it(`takes curl to the server whose certificate says ${name}`, { skip: missing('curl') }, async () => {
      const words = ['-sSk', '-v', '--resolve', `${name}:${port}:127.0.0.1`, `https://${name}:${port}/`]
      const got = await run('curl', words)
      assert.equal(got.code, 0, got.stderr)
      assert.equal(got.stdout, `this is ${name}`)
      assert.match(got.stderr, new RegExp(`subject: CN=${name.replaceAll('.', '\\.')}`))
    })

  it('serves openssl s_client, byte for byte the same session as without the proxy', async () => {
    const words = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'www.example.org', '-quiet']
    const got = await run('openssl', words, { input: 'GET / HTTP/1.0\r\n\r\n' })
    assert.match(got.stdout, /this is www\.example\.org/)
  })

  it('refuses a name that nobody has with the alert that TLS has for it', async () => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'nobody.example.com', rejectUnauthorized: false })
    const [error] = await once(socket, 'error')
    assert.match(String(error), /unrecognized.name/i)
  })

  it('routes a ClientHello that arrives one byte at a time', async () => {
    const hello = await clientHello('www.example.org')
    const client = await Client.connect(port)
    await client.dribble(hello)
    await client.receives((text) => text.charCodeAt(0) === 22)
    const record = pointsman.record(client)
    client.destroy()
    const { prereadBytes, decision } = await record
    assert.deepEqual({ prereadBytes, decision }, { prereadBytes: hello.length, decision: 'forward' })
  })
})

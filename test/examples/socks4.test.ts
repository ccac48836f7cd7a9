import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { exampleRouter } from '../kit/examples.ts'
import { Pointsman } from '../kit/pointsman.ts'
import { missing, run } from '../kit/programs.ts'
import { Client } from '../kit/sockets.ts'

describe('examples/socks4: a SOCKS proxy in a dozen lines', () => {
  const web = createServer((request, response) => response.end(`${request.headers.host} asked for ${request.url}`))
  let pointsman: Pointsman
  let port: number
  let webPort: number

  before(async () => {
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    webPort = (web.address() as AddressInfo).port
    pointsman = await Pointsman.start({
      routers: { socks4: exampleRouter('socks4/socks4.ts') },
      config: { connect: { retries: 0 } },
    })
    port = await pointsman.served('socks4')
  })

  after(async () => {
    await pointsman.stop()
    web.close()
  })

  for (const [option, host] of [
    ['--socks4', '127.0.0.1'],
    ['--socks4a', 'localhost'],
  ] as const)
    it(`serves curl ${option}`, { skip: missing('curl') }, async () => {
      const got = await run('curl', ['-sS', option, `127.0.0.1:${port}`, `http://${host}:${webPort}/page`])
      assert.equal(got.code, 0, got.stderr)
      assert.equal(got.stdout, `${host}:${webPort} asked for /page`)
    })

  it('tells curl when the host refuses', { skip: missing('curl') }, async () => {
    const got = await run('curl', ['-sS', '--socks4', `127.0.0.1:${port}`, 'http://127.0.0.1:1/'])
    assert.equal(got.code, 97, 'CURLE_PROXY')
    assert.match(got.stderr, /SOCKS4.*(rejected|failed)/)
  })

  const connect = (): string => `\x04\x01${String.fromCharCode(webPort >> 8, webPort & 255)}\x7f\0\0\x01user\0`
  const get = 'GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'

  it('grants a request that arrives one byte at a time, before any byte of the upstream', async () => {
    const client = await Client.connect(port)
    await client.dribble(connect())
    assert.equal(await client.receives((text) => text.length >= 8), '\0\x5a\0\0\0\0\0\0')
    client.write(get)
    assert.match(await client.rest(), /^\0\x5a\0{6}HTTP\/1\.1 200 OK[\s\S]*h asked for \/x$/)
    client.destroy()
  })

  it('passes on what follows the request in the same write, once', async () => {
    const client = await Client.connect(port)
    client.write(connect() + get)
    const answer = await client.rest()
    assert.equal(answer.match(/asked for/g)?.length, 1)
    client.destroy()
  })

  it('rejects a version or a command that it does not serve', async () => {
    for (const request of ['\x05\x01\0', '\x04\x02\0\x50\x7f\0\0\x01\0']) {
      const client = await Client.connect(port)
      assert.equal(await client.write(request).rest(), '\0\x5b\0\0\0\0\0\0')
      client.destroy()
    }
  })
})

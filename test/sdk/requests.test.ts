import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as protocols from '../../sdk/src/protocols/index.ts'
import * as client from '../../sdk/src/testing/requests.ts'

const REQUESTS: Readonly<
  Record<string, readonly [bytes: string, parse: (bytes: Uint8Array) => unknown, found: object]>
> = {
  git: [
    client.git('alice/site.git', { host: 'h' }),
    protocols.gitRequest,
    { user: 'alice', repository: 'site.git', host: 'h', version: 2, service: 'upload-pack' },
  ],
  'git push of an old client': [
    client.git('/a/b', { service: 'receive-pack', host: '', version: 0 }),
    protocols.gitRequest,
    { path: '/a/b', host: undefined, version: 0, service: 'receive-pack' },
  ],
  http: [
    client.http('POST', '/x?y', { host: 'a.example', body: 'ü', headers: { 'X-A': 'b' } }),
    protocols.httpRequest,
    { method: 'POST', path: '/x', query: 'y', host: 'a.example' },
  ],
  webSocket: [
    client.webSocket('/chat', { protocol: 'p' }),
    protocols.webSocketUpgrade,
    { path: '/chat', protocols: ['p'] },
  ],
  tlsHello: [
    client.tlsHello('a.example', { alpn: ['h2', 'http/1.1'] }),
    protocols.tlsClientHello,
    { serverName: 'a.example', alpn: ['h2', 'http/1.1'], versions: ['TLSv1.3', 'TLSv1.2'] },
  ],
  'tlsHello without a name': [client.tlsHello(undefined), protocols.tlsClientHello, { serverName: undefined }],
  postgres: [
    client.postgres({ user: 'a', database: 'b' }),
    protocols.postgresStartup,
    { kind: 'startup', user: 'a', database: 'b' },
  ],
  postgresSsl: [client.postgresSsl(), protocols.postgresStartup, { kind: 'ssl' }],
  socks4: [client.socks4('10.0.0.5', 80, 'u'), protocols.socks4Request, { remote: '10.0.0.5:80', command: 'connect' }],
  socks4a: [client.socks4('a.example', 443), protocols.socks4Request, { remote: 'a.example:443' }],
  socks5: [client.socks5(), protocols.socks5Greeting, {}],
  ssh: [client.ssh('X_1'), protocols.sshIdentification, { software: 'X_1' }],
  redis: [client.redis('GET', 'kéy'), protocols.redisCommand, { name: 'GET' }],
  mqtt: [client.mqtt('id'), protocols.mqttConnect, { clientId: 'id', version: '3.1.1', user: undefined }],
  'mqtt 5': [
    client.mqtt('x'.repeat(200), { user: 'u', version: 5 }),
    protocols.mqttConnect,
    { version: '5.0', user: 'u' },
  ],
  minecraft: [
    client.minecraft('a.example', { next: 1 }),
    protocols.minecraftHandshake,
    { host: 'a.example', next: 'status' },
  ],
  proxyV1: [client.proxyV1('192.0.2.9'), protocols.proxyHeader, {}],
  'proxyV1 over IPv6': [client.proxyV1('2001:db8::9'), protocols.proxyHeader, {}],
}

for (const [name, [text, parse, expected]] of Object.entries(REQUESTS))
  it(`the parser reads what ${name} of router-sdk/testing makes`, () => {
    const found = parse(Buffer.from(text, 'latin1'))
    assert.partialDeepStrictEqual(found, { match: 'yes', ...expected })
  })

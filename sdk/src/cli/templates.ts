/** What `router-sdk new` writes: a router for a protocol, and tests that it passes. */
export interface Template {
  /** What the protocol's parser and request builder are called. */
  readonly parser: string
  readonly builder: string
  readonly port: number
  /** In the router: what to do when it is something else, and when it is what it should be. `found` is the parser's match. */
  readonly refuse: string
  readonly answer: string
  /** In the tests: a connection, and what is expected of it. */
  readonly tests: readonly string[]
}

export const PROTOCOLS = [
  'http',
  'tls',
  'git',
  'postgres',
  'socks4',
  'ssh',
  'redis',
  'mqtt',
  'minecraft',
  'websocket',
] as const
export type Protocol = (typeof PROTOCOLS)[number]

const TEMPLATES: Readonly<Record<Protocol, Template>> = {
  http: {
    parser: 'httpRequest',
    builder: 'http',
    port: 8080,
    refuse: "{ close: 'HTTP/1.1 400 Bad Request\\r\\nConnection: close\\r\\n\\r\\n' }",
    answer: "found.path.startsWith('/api/') ? { remote: '127.0.0.1:8001' } : { remote: '127.0.0.1:8002' }",
    tests: [
      "given(http('GET', '/api/users')).routesTo('127.0.0.1:8001')",
      "given(http('GET', '/', { host: 'example.com' })).routesTo('127.0.0.1:8002')",
      "given('HELO example.com\\r\\n').closes(/400 Bad Request/)",
      "given('GET / HT').waits()",
    ],
  },
  tls: {
    parser: 'tlsClientHello',
    builder: 'tlsHello',
    port: 8443,
    refuse: '{ close: true }',
    answer: "found.serverName === 'shop.example.com' ? { remote: '127.0.0.1:8001' } : { remote: '127.0.0.1:8002' }",
    tests: [
      "given(tlsHello('shop.example.com')).routesTo('127.0.0.1:8001')",
      "given(tlsHello('www.example.com')).routesTo('127.0.0.1:8002')",
      "given('GET / HTTP/1.1\\r\\n\\r\\n').closes()",
      "given(tlsHello('shop.example.com').slice(0, 40)).waits()",
    ],
  },
  git: {
    parser: 'gitRequest',
    builder: 'git',
    port: 9418,
    refuse: "{ close: 'this port speaks git\\n' }",
    answer: "found.user === 'alice' ? { remote: '127.0.0.1:9001' } : { remote: '127.0.0.1:9002' }",
    tests: [
      "given(git('alice/site.git')).routesTo('127.0.0.1:9001')",
      "given(git('bob/site.git')).routesTo('127.0.0.1:9002')",
      "given('GET / HTTP/1.1\\r\\n\\r\\n').closes(/speaks git/)",
      "given('0032git-upl').waits({ atLeast: 50 })",
    ],
  },
  postgres: {
    parser: 'postgresStartup',
    builder: 'postgres',
    port: 5432,
    refuse: '{ close: true }',
    answer: `found.kind === 'startup' && found.database === 'shop'
      ? { remote: '127.0.0.1:5433' }
      : { remote: '127.0.0.1:5434' }`,
    tests: [
      "given(postgres({ user: 'alice', database: 'shop' })).routesTo('127.0.0.1:5433')",
      "given(postgres({ user: 'alice' })).routesTo('127.0.0.1:5434')",
      "given('GET / HTTP/1.1\\r\\n\\r\\n').closes()",
      "given('\\0\\0\\0\\x20').waits({ atLeast: 8 })",
    ],
  },
  socks4: {
    parser: 'socks4Request',
    builder: 'socks4',
    port: 1080,
    refuse: '{ close: socks4Reply(false) }',
    answer: `found.command === 'connect'
      ? {
          remote: found.remote,
          data: conn.bytes.subarray(found.length),
          reply: socks4Reply(true),
          replyWhen: 'connected',
        }
      : { close: socks4Reply(false) }`,
    tests: [
      "given(socks4('192.0.2.7', 80)).routesTo('192.0.2.7:80', { data: '' })",
      "given(socks4('example.com', 80) + 'GET /').routesTo('example.com:80', { data: 'GET /' })",
      "given('GET / HTTP/1.1\\r\\n\\r\\n').closes('\\0\\x5b\\0\\0\\0\\0\\0\\0')",
      "given('\\x04\\x01\\0').waits()",
    ],
  },
  ssh: {
    parser: 'sshIdentification',
    builder: 'ssh',
    port: 2222,
    refuse: '{ close: true }',
    answer: "{ remote: '127.0.0.1:22' }",
    tests: [
      "given(ssh()).routesTo('127.0.0.1:22')",
      "given('GET / HTTP/1.1\\r\\n\\r\\n').closes()",
      "given('SSH-2.0').waits()",
    ],
  },
  redis: {
    parser: 'redisCommand',
    builder: 'redis',
    port: 6380,
    refuse: "{ close: '-ERR this is no command\\r\\n' }",
    answer: "found.args[0]?.startsWith('shop:') ? { remote: '127.0.0.1:6381' } : { remote: '127.0.0.1:6382' }",
    tests: [
      "given(redis('GET', 'shop:1')).routesTo('127.0.0.1:6381')",
      "given(redis('PING')).routesTo('127.0.0.1:6382')",
      "given('*1\\r\\n').waits()",
    ],
  },
  mqtt: {
    parser: 'mqttConnect',
    builder: 'mqtt',
    port: 1883,
    refuse: '{ close: true }',
    answer: "found.clientId.startsWith('till-') ? { remote: '127.0.0.1:1884' } : { remote: '127.0.0.1:1885' }",
    tests: [
      "given(mqtt('till-7')).routesTo('127.0.0.1:1884')",
      "given(mqtt('lamp-1', { user: 'bob', version: 5 })).routesTo('127.0.0.1:1885')",
      "given('GET / HTTP/1.1\\r\\n\\r\\n').closes()",
      "given(mqtt('till-7').slice(0, 9)).waits()",
    ],
  },
  minecraft: {
    parser: 'minecraftHandshake',
    builder: 'minecraft',
    port: 25_565,
    refuse: '{ close: true }',
    answer: "found.host === 'sky.example.com' ? { remote: '127.0.0.1:25566' } : { remote: '127.0.0.1:25567' }",
    tests: [
      "given(minecraft('sky.example.com')).routesTo('127.0.0.1:25566')",
      "given(minecraft('play.example.com', { next: 1 })).routesTo('127.0.0.1:25567')",
      "given('GET / HTTP/1.1\\r\\n\\r\\n').closes()",
      "given(minecraft('sky.example.com').slice(0, 9)).waits()",
    ],
  },
  websocket: {
    parser: 'webSocketUpgrade',
    builder: 'webSocket',
    port: 8080,
    refuse: "{ close: 'HTTP/1.1 426 Upgrade Required\\r\\nConnection: close\\r\\n\\r\\n' }",
    answer: "{ remote: '127.0.0.1:8001' }",
    tests: [
      "given(webSocket('/chat')).routesTo('127.0.0.1:8001')",
      "given('GET / HTTP/1.1\\r\\nHost: example.com\\r\\n\\r\\n').closes(/426/)",
      "given('GET /chat HT').waits()",
    ],
  },
}

export function templateOf(protocol: Protocol): Template {
  return TEMPLATES[protocol]
}

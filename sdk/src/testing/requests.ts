import { latin1, utf8 } from '../bytes.ts'

/**
 * What clients send first. Each gives a string of one character a byte, which can be put before or behind others:
 * `given(proxyV1('10.0.0.1') + http('GET', '/'))`.
 */

/**
 * A git client's request to `git daemon` for a repository such as `alice/site.git`.
 *
 * @example
 * given(git('alice/site.git')).routesTo('10.0.0.5:9418')
 */
export function git(
  path: string,
  options: {
    readonly service?: 'upload-pack' | 'receive-pack' | 'upload-archive'
    /** Default `localhost`; `''` sends none, as old clients do. */
    readonly host?: string
    /** The protocol version asked for; default 2. */
    readonly version?: 0 | 1 | 2
  } = {},
): string {
  const { service = 'upload-pack', host = 'localhost', version = 2 } = options
  const absolute = /^[/~]/.test(path) ? path : `/${path}`
  const tail = `${host === '' ? '' : `host=${host}\0`}${version === 0 ? '' : `\0version=${version}\0`}`
  const line = `git-${service} ${text(absolute)}\0${tail}`
  return (line.length + 4).toString(16).padStart(4, '0') + line
}

/**
 * The head of an HTTP/1.1 request, and its body if there is one.
 *
 * @example
 * given(http('GET', '/api/users', { host: 'example.com' })).routesTo('10.0.0.5:80')
 */
export function http(
  method: string,
  target: string,
  options: {
    /** Default `localhost`. */
    readonly host?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  } = {},
): string {
  const { host = 'localhost', headers = {}, body = '' } = options
  const payload = text(body)
  const length = payload === '' ? {} : { 'Content-Length': String(payload.length) }
  const fields = Object.entries({ Host: host, ...length, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${target} HTTP/1.1\r\n${fields.join('')}\r\n${payload}`
}

/**
 * The request of a browser that wants a WebSocket.
 *
 * @example
 * given(webSocket('/chat', { host: 'example.com' })).routesTo('10.0.0.5:80')
 */
export function webSocket(
  target: string,
  options: { readonly host?: string; readonly protocol?: string } = {},
): string {
  const { host, protocol } = options
  const headers = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...(protocol && { 'Sec-WebSocket-Protocol': protocol }),
  }
  return http('GET', target, { headers, ...(host && { host }) })
}

/**
 * A TLS 1.3 client's first message, for a server's name; `undefined` sends no name.
 *
 * @example
 * given(tlsHello('shop.example.com')).routesTo('10.0.0.5:443')
 */
export function tlsHello(name: string | undefined, options: { readonly alpn?: readonly string[] } = {}): string {
  const names = name === undefined ? '' : extension(0, sized16(`\0${sized16(name)}`))
  const alpn = options.alpn ? extension(16, sized16(options.alpn.map(sized8).join(''))) : ''
  const versions = extension(43, sized8('\x03\x04\x03\x03'))
  const groups = extension(10, sized16('\0\x1d'))
  const signatures = extension(13, sized16('\x04\x03\x08\x04'))
  const key = extension(51, sized16(`\0\x1d${sized16('K'.repeat(32))}`))
  const extensions = sized16(names + alpn + versions + groups + signatures + key)
  const hello = `\x03\x03${'R'.repeat(32)}${sized8('S'.repeat(32))}${sized16('\x13\x01\x13\x02')}${sized8('\0')}${extensions}`
  return `\x16\x03\x01${sized16(`\x01\0${sized16(hello)}`)}`
}

/**
 * A PostgreSQL client's start-up message in clear, with its parameters, such as `user` and `database`.
 *
 * @example
 * given(postgres({ user: 'alice', database: 'shop' })).routesTo('10.0.0.5:5432')
 */
export function postgres(parameters: { readonly user: string } & Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${text(name)}\0${text(value)}\0`)
  const body = `\0\x03\0\0${pairs.join('')}\0`
  return u32(body.length + 4) + body
}

/**
 * A PostgreSQL client's request to go on encrypted, for which it waits.
 *
 * @example
 * given(postgresSsl()).closes('N')
 */
export function postgresSsl(): string {
  return `${u32(8)}\x04\xd2\x16\x2f`
}

/**
 * A SOCKS 4 request to connect; with a `host` that is a name, SOCKS 4a.
 *
 * @example
 * given(socks4('10.0.0.5', 80)).routesTo('10.0.0.5:80', { data: '' })
 */
export function socks4(host: string, port: number, user = ''): string {
  const parts = host.split('.').map(Number)
  const isAddress = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256)
  const address = isAddress ? String.fromCharCode(...parts) : '\0\0\0\x01'
  return `\x04\x01${u16(port)}${address}${user}\0${isAddress ? '' : `${host}\0`}`
}

/**
 * A SOCKS 5 greeting that offers to go without authentication.
 *
 * @example
 * given(socks5()).routesTo('10.0.0.5:1080')
 */
export function socks5(): string {
  return '\x05\x01\0'
}

/**
 * An SSH client's identification line.
 *
 * @example
 * given(ssh()).routesTo('10.0.0.5:22')
 */
export function ssh(software = 'OpenSSH_9.2p1'): string {
  return `SSH-2.0-${software}\r\n`
}

/**
 * A Redis command as clients send it.
 *
 * @example
 * given(redis('GET', 'shop:1')).routesTo('10.0.0.5:6379')
 */
export function redis(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${text(word).length}\r\n${text(word)}\r\n`).join('')}`
}

/**
 * An MQTT client's CONNECT packet.
 *
 * @example
 * given(mqtt('till-7', { user: 'alice' })).routesTo('10.0.0.5:1883')
 */
export function mqtt(clientId: string, options: { readonly user?: string; readonly version?: 4 | 5 } = {}): string {
  const { user, version = 4 } = options
  const flags = String.fromCharCode(user === undefined ? 0x02 : 0x82)
  const properties = version === 5 ? '\0' : ''
  const login = user === undefined ? '' : sized16(text(user))
  const body = `${sized16('MQTT')}${String.fromCharCode(version)}${flags}\0\x3c${properties}${sized16(text(clientId))}${login}`
  return `\x10${varint(body.length)}${body}`
}

/**
 * A Minecraft client's handshake for a host's name.
 *
 * @example
 * given(minecraft('sky.example.com')).routesTo('10.0.0.5:25565')
 */
export function minecraft(host: string, options: { readonly port?: number; readonly next?: 1 | 2 | 3 } = {}): string {
  const { port = 25_565, next = 2 } = options
  const name = text(host)
  const packet = `\0${varint(763)}${varint(name.length)}${name}${u16(port)}${varint(next)}`
  return varint(packet.length) + packet
}

/**
 * The header of the PROXY protocol, version 1, that a load balancer puts before a client's bytes.
 *
 * @example
 * given(proxyV1('198.51.100.7') + http('GET', '/')).routesTo('10.0.0.5:80')
 */
export function proxyV1(client: string, options: { readonly port?: number; readonly server?: string } = {}): string {
  const { port = 49_152, server = client.includes(':') ? '2001:db8::2' : '192.0.2.2' } = options
  return `PROXY TCP${client.includes(':') ? 6 : 4} ${client} ${server} ${port} 443\r\n`
}

function text(value: string): string {
  return latin1(utf8(value))
}

function u16(value: number): string {
  return String.fromCharCode((value >> 8) & 255, value & 255)
}

function u32(value: number): string {
  return u16(Math.floor(value / 65_536)) + u16(value)
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): string {
  return value < 128 ? String.fromCharCode(value) : String.fromCharCode((value & 127) | 128) + varint(value >> 7)
}

function sized8(value: string): string {
  return String.fromCharCode(value.length) + value
}

function sized16(value: string): string {
  return u16(value.length) + value
}

function extension(type: number, body: string): string {
  return u16(type) + sized16(body)
}

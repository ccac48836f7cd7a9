import * as protocols from '../protocols/index.ts'
import { literal } from '../testing/words.ts'

/** Every parser of `router-sdk/protocols`, by its name there. */
const PARSERS: Readonly<Record<string, (bytes: Uint8Array) => protocols.Match<{ readonly match: 'yes' }>>> = {
  amqpHeader: protocols.amqpHeader,
  dnsQuery: protocols.dnsQuery,
  gitRequest: protocols.gitRequest,
  http2Request: protocols.http2Request,
  httpRequest: protocols.httpRequest,
  minecraftHandshake: protocols.minecraftHandshake,
  mongoHello: protocols.mongoHello,
  mqttConnect: protocols.mqttConnect,
  mysqlHandshakeResponse: protocols.mysqlHandshakeResponse,
  postgresStartup: protocols.postgresStartup,
  proxyHeader: protocols.proxyHeader,
  rdpRequest: protocols.rdpRequest,
  redisCommand: protocols.redisCommand,
  smtpCommand: protocols.smtpCommand,
  socks4Request: protocols.socks4Request,
  socks5Greeting: protocols.socks5Greeting,
  socks5Request: protocols.socks5Request,
  sshIdentification: protocols.sshIdentification,
  tlsClientHello: protocols.tlsClientHello,
  webSocketUpgrade: protocols.webSocketUpgrade,
}

/** What the parsers say of bytes, a line each: what was found, who waits for more, and who says no. */
export function parsersText(bytes: Uint8Array): string[] {
  const said = Object.entries(PARSERS).map(([name, parse]) => ({ name, found: parse(bytes) }))
  const yes = said.flatMap(({ name, found }) => (found.match === 'yes' ? [`${name}: ${foundText(found)}`] : []))
  const waiting = said.flatMap(({ name, found }) => (found.match === 'need-more' ? [`${name} (${found.atLeast})`] : []))
  const no = said.flatMap(({ name, found }) => (found.match === 'no' ? [name] : []))
  const lines = [...yes]
  if (waiting.length > 0) lines.push(`need more bytes, at least: ${waiting.join(', ')}`)
  if (no.length > 0) lines.push(`no match: ${no.join(', ')}`)
  return lines
}

function foundText(found: { readonly match: 'yes' }): string {
  return Object.entries(found)
    .filter(([name, value]) => name !== 'match' && value !== undefined)
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(', ')
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return literal(value, 60)
  if (value instanceof Uint8Array) return literal(value, 40)
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

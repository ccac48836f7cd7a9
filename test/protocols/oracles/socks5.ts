import { isIPv6 } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { Socks5Server } from '@pondwader/socks5-server'
import { type Socks5Request, socks5Greeting, socks5Request } from 'router-sdk/protocols'
import * as fixtures from '../../fixtures/protocols/socks5.ts'
import { type Oracle, reasonOf } from './oracle.ts'

const TURNS = 20

interface Request {
  readonly command: string
  readonly host: string
  readonly port: number
}

/** Greeting and request at once, as a client sends them that does not wait for the choice of a method. */
export const socks5: Oracle = {
  name: '@pondwader/socks5-server',
  fixtures: [fixtures.curlSocks5Request, fixtures.curlSocks5hRequest].map((request) =>
    Buffer.concat([fixtures.curlSocks5, request]),
  ),
  mutants: 5000,
  bothRead: 500,
  async compare(bytes) {
    const greeting = socks5Greeting(bytes)
    const rest = greeting.match === 'yes' ? bytes.subarray(greeting.length) : new Uint8Array()
    const ours = socks5Request(rest)
    const theirs = await read(bytes)
    if (ours.match !== 'yes' || greeting.match !== 'yes')
      return theirs === undefined ? { kind: 'neither' } : { kind: 'theirs', reason: whyRefused(rest, theirs) }
    if (theirs === undefined) return { kind: 'ours', reason: whyOnlyOurs(greeting.methods) }
    return { kind: 'both', ours: ourWords(ours), theirs }
  },
}

/** A client that has said what it has to say, and stays. Theirs puts back what it read too much. */
class Talker extends Duplex {
  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done()
  }
}

async function read(bytes: Uint8Array): Promise<Request | undefined> {
  let found: Request | undefined
  const server = new Socks5Server()
  server.supportedCommands = new Set(['connect', 'bind', 'udp'])
  server.setRulesetValidator(({ command, destAddress, destPort }) => {
    found = {
      command: command === 'udp' ? 'udp-associate' : String(command),
      host: hostOf(String(destAddress)),
      port: Number(destPort),
    }
    return undefined
  })
  const socket = new Talker()
  socket.push(bytes)
  Reflect.apply(server._handleConnection, server, [socket])
  for (let turns = 0; turns < TURNS && found === undefined && !socket.destroyed; turns++) await setImmediate()
  socket.destroy()
  return found
}

/** In the shortest form, as URLs have it. */
function hostOf(text: string): string {
  return /^(?:[0-9a-f]{4}:){7}[0-9a-f]{4}$/.test(text)
    ? new URL(`http://[${text}]`).hostname.slice(1, -1)
    : text.toLowerCase()
}

function ourWords({ command, host, port }: Socks5Request): Request {
  return { command, host, port }
}

function whyRefused(request: Uint8Array, { command, host, port }: Request): string | undefined {
  return reasonOf({
    'its request is of another version, which theirs does not ask': request[0] !== 5,
    'its third byte is not 0': request[2] !== 0,
    'it wants to go to port 0': port === 0 && command === 'connect',
    'its name is no host name': !/^[\w.-]{1,253}$/.test(host) && !isIPv6(host),
  })
}

function whyOnlyOurs(methods: readonly number[]): string | undefined {
  return reasonOf({
    'it does not offer to go without a password': !methods.includes(0),
    'it offers more than 128 methods': methods.length > 128,
  })
}

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** What the server says to a question: records with their TTL in seconds, an error, or nothing at all. */
export type Zone = Record<string, { a?: readonly string[]; aaaa?: readonly string[]; ttl?: number }>
export type Mood = 'answer' | 'fail' | 'silent'

const A = 1
const AAAA = 28
const RCODE = { answer: 0, fail: 2, 'no-such-name': 3 }

/** A small name server over UDP on 127.0.0.1; both what it knows and how it feels may be changed at any time. */
export class DnsServer {
  zone: Zone
  mood: Mood = 'answer'
  /** Moods for single record types, over `mood`. */
  moodOf: { a?: Mood; aaaa?: Mood } = {}
  /** Questions for A records, by name, as they came. */
  readonly asked: string[] = []
  #socket: Socket

  static async start(t: { after(close: () => void): void }, zone: Zone): Promise<DnsServer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    t.after(() => socket.close())
    return new DnsServer(socket, zone)
  }

  private constructor(socket: Socket, zone: Zone) {
    this.zone = zone
    this.#socket = socket
    socket.on('message', (message, from) => this.#question(message, from))
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  count(name: string): number {
    return this.asked.filter((one) => one === name).length
  }

  #question(message: Buffer, from: RemoteInfo): void {
    const { name, end } = readName(message)
    const type = message.readUInt16BE(end)
    if (type === A) this.asked.push(name)
    const mood = (type === A ? this.moodOf.a : this.moodOf.aaaa) ?? this.mood
    if (mood === 'silent') return
    this.#socket.send(this.#reply(message.subarray(0, end + 4), name, type, mood), from.port, from.address)
  }

  #reply(question: Buffer, name: string, type: number, mood: Exclude<Mood, 'silent'>): Buffer {
    const known = mood === 'answer' ? this.zone[name] : undefined
    const addresses = (type === A ? known?.a : type === AAAA ? known?.aaaa : undefined) ?? []
    const header = Buffer.from(question)
    const code = mood === 'answer' && known === undefined ? RCODE['no-such-name'] : RCODE[mood]
    header.writeUInt16BE(0x8580 | code, 2)
    header.writeUInt16BE(addresses.length, 6)
    header.writeUInt32BE(0, 8)
    return Buffer.concat([header, ...addresses.map((address) => record(type, known?.ttl ?? 60, packed(address)))])
  }
}

function readName(message: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function record(type: number, ttl: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0) // the name of the question
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(ttl, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

/** `192.0.2.1`, or an IPv6 address with all its eight groups or `::` at one place. */
function packed(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [left = '', right = ''] = address.split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const middle = Array(8 - groups(left).length - groups(right).length).fill('0')
  const all = [...groups(left), ...middle, ...groups(right)]
  return Buffer.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]))
}

import { decode, type Packet } from 'dns-packet'
import { type DnsQuery, dnsQuery } from 'router-sdk/protocols'
import * as fixtures from '../../fixtures/protocols/dns.ts'
import { type Oracle, reasonOf } from './oracle.ts'

const PREFIX = 2
const HEADER = 12
const LARGEST = 4096

/** dns-packet reads a whole message; ours, and so the comparison, ends with the question. */
export const dns: Oracle = {
  name: 'dns-packet',
  fixtures: Object.values(fixtures),
  mutants: 20_000,
  bothRead: 2000,
  compare(bytes) {
    const ours = dnsQuery(bytes)
    const message = messageOf(bytes)
    const theirs = message && read(message)
    if (ours.match !== 'yes')
      return message && theirs ? { kind: 'theirs', reason: whyRefused(message) } : { kind: 'neither' }
    if (theirs === undefined) return { kind: 'ours', reason: undefined }
    return { kind: 'both', ours: ourWords(ours), theirs: theirWords(theirs, ours) }
  },
}

/** The first message without its records, which are not ours to read. */
function messageOf(bytes: Uint8Array): Buffer | undefined {
  const size = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)
  if (bytes.length < PREFIX + Math.max(size, HEADER) || size < HEADER) return undefined
  return Buffer.from(bytes.subarray(PREFIX, PREFIX + size)).fill(0, 6, HEADER)
}

function read(message: Buffer): Packet | undefined {
  try {
    return decode(message)
  } catch {
    return undefined
  }
}

function whyRefused(message: Buffer): string | undefined {
  return reasonOf({
    'it is no ordinary query': ((message[2] ?? 0) & 0xf8) !== 0,
    'it has no question, or several': message.readUInt16BE(4) !== 1,
    'it is above 4,096 bytes': message.length > LARGEST,
    'its first name points elsewhere': isCompressed(message),
  })
}

function isCompressed(message: Buffer): boolean {
  let at = HEADER
  while ((message[at] ?? 0) > 0 && (message[at] ?? 0) < 64) at += 1 + (message[at] ?? 0)
  return (message[at] ?? 0) >= 192
}

function ourWords({ id, recursionDesired, name, type, class: kind }: DnsQuery): unknown {
  return [id, recursionDesired, plain(name), type, kind === 'IN']
}

/** Each has names for types that the other has only a number for. */
function theirWords({ id, flag_rd, questions }: Packet, ours: DnsQuery): unknown {
  const [{ name, type, class: kind } = { name: '', type: '', class: '' }] = questions
  const nameless = type.startsWith('UNKNOWN_') || ours.type.startsWith('TYPE')
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return [id, flag_rd, lower, nameless ? ours.type : type, kind === 'IN']
}

/** A name without escapes, its labels as UTF-8. */
function plain(name: string): string {
  const labels = name.split('.').map((label) => {
    const bytes = label.replace(/\\([0-9]{3})/g, (_, digits: string) => String.fromCharCode(Number(digits)))
    return Buffer.from(bytes, 'latin1').toString('utf8')
  })
  return name === '.' ? '.' : labels.join('.')
}

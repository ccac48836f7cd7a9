/**
 * A DNS query over TCP.
 *
 * Specification: RFC 1035, sections 4.1 (messages), 4.2.2 (TCP) and 5.1 (names as text); RFC 7766.
 */
import { type Match, NO, needMore } from './match.ts'
import { Reader } from './reader.ts'

/** The first question of a DNS client. */
export interface DnsQuery {
  readonly match: 'yes'
  /** 0 to 65,535; the answer carries the same. */
  readonly id: number
  /** In lower case, without a dot at its end; `.` for the root. An unusual byte in it, or a dot within a label, as `\ddd`. */
  readonly name: string
  /** `A`, `AAAA`, `MX`, …, or `TYPE65280` for one that has no name here. */
  readonly type: string
  /** `IN`, or `CLASS3`. */
  readonly class: string
  /** Whether the server is asked to find what it does not know. */
  readonly recursionDesired: boolean
  /** The length of the query with the two bytes that say it; others may follow at once. */
  readonly length: number
}

const PREFIX = 2
const HEADER = 12
const SHORTEST = PREFIX + HEADER + 5
const MAX_QUERY = 4096
const MAX_NAME = 255
const TYPES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  35: 'NAPTR',
  43: 'DS',
  46: 'RRSIG',
  47: 'NSEC',
  48: 'DNSKEY',
  52: 'TLSA',
  64: 'SVCB',
  65: 'HTTPS',
  251: 'IXFR',
  252: 'AXFR',
  255: 'ANY',
  257: 'CAA',
}

/**
 * Reads a query with one question, of up to 4,096 bytes.
 *
 * @example
 * const dns = dnsQuery(conn.bytes)
 * if (dns.match === 'need-more') return { noop: true, atLeast: dns.atLeast }
 * if (dns.match === 'no' || dns.type === 'AXFR') return { close: true }
 * return { remote: dns.name.endsWith('.internal') ? '10.0.0.5:53' : '10.0.0.6:53' }
 */
export function dnsQuery(bytes: Uint8Array): Match<DnsQuery> {
  const size = new Reader(bytes).u16()
  if (bytes.length >= PREFIX && (size < SHORTEST - PREFIX || size > MAX_QUERY)) return NO
  const length = Math.max(SHORTEST, PREFIX + size)
  // Of the flags: a question, of the ordinary kind, of one name.
  if (((bytes[4] ?? 0) & 0xf8) !== 0 || (bytes[6] ?? 0) !== 0 || (bytes[7] ?? 1) !== 1) return NO
  if (bytes.length < length) return needMore(length)
  const message = new Reader(bytes, PREFIX, length)
  const id = message.u16()
  const flags = message.u16()
  message.skip(HEADER - 4)
  const name = readName(message)
  const type = message.u16()
  const kind = message.u16()
  if (!message.ok || name === undefined) return NO
  return {
    match: 'yes',
    id,
    name,
    type: TYPES[type] ?? `TYPE${type}`,
    class: kind === 1 ? 'IN' : `CLASS${kind}`,
    recursionDesired: (flags & 0x100) !== 0,
    length,
  }
}

/** Labels up to the empty one. A first name has nothing to point back to, so a compressed one is refused. */
function readName(message: Reader): string | undefined {
  const labels: string[] = []
  const from = message.at
  for (;;) {
    const size = message.u8()
    if (!message.ok || size > 63 || message.at - from > MAX_NAME) return undefined
    if (size === 0) return labels.length === 0 ? '.' : labels.join('.')
    labels.push(labelText(message.take(size)))
  }
}

function labelText(label: Uint8Array): string {
  let text = ''
  for (const byte of label) {
    const character = String.fromCharCode(byte)
    text += /[0-9A-Za-z_*/-]/.test(character) ? character.toLowerCase() : `\\${String(byte).padStart(3, '0')}`
  }
  return text
}

/**
 * The connection request of a Remote Desktop client.
 *
 * Specification: [MS-RDPBCGR], section 2.2.1.1 "Client X.224 Connection Request PDU" and 2.2.1.1.1 "RDP Negotiation Request";
 * RFC 1006 (TPKT); ITU-T X.224, section 13.3.
 */
import { type Match, NO, needMore } from './match.ts'
import { Reader } from './reader.ts'
import { latin1Text } from './text.ts'

/** How a Remote Desktop client begins. */
export interface RdpRequest {
  readonly match: 'yes'
  /** The user, or what the client takes for it, from `Cookie: mstshash=…`; often cut to nine characters. */
  readonly cookie: string | undefined
  /** A balancer's own line, such as `Cookie: msts=…`, without its end. */
  readonly routingToken: string | undefined
  /** Security protocols offered: `rdp` always, `tls`, `nla`, `rdstls`, `nla-ex`, `aad`. */
  readonly protocols: readonly string[]
  /** The length of the request. */
  readonly length: number
}

const TPKT = 4
const FIXED = TPKT + 7
const MAX_LENGTH = 1024
const CONNECTION_REQUEST = 0xe0
const NEGOTIATION = 1
const HAS_CORRELATION = 8
const CORRELATION = 6
const PROTOCOLS = ['tls', 'nla', 'rdstls', 'nla-ex', 'aad']
const COOKIE = /^Cookie: mstshash=([ -~\x80-\xff]*)$/

/**
 * Reads the first message of a Remote Desktop client.
 *
 * @example
 * const rdp = rdpRequest(conn.bytes)
 * if (rdp.match === 'need-more') return { noop: true, atLeast: rdp.atLeast }
 * if (rdp.match === 'no') return { close: true }
 * return { remote: rdp.cookie === 'alice' ? '10.0.0.5:3389' : '10.0.0.6:3389' }
 */
export function rdpRequest(bytes: Uint8Array): Match<RdpRequest> {
  if ((bytes[0] ?? 3) !== 3 || (bytes[1] ?? 0) !== 0 || (bytes[5] ?? CONNECTION_REQUEST) !== CONNECTION_REQUEST)
    return NO
  if (bytes.length < TPKT) return needMore(FIXED)
  const length = new Reader(bytes, 2).u16()
  if (length < FIXED || length > MAX_LENGTH) return NO
  if (bytes.length < length) return needMore(length)
  // The header says how long it is, less the byte that says so.
  if (bytes[4] !== length - TPKT - 1 || bytes[10] !== 0) return NO
  const line = readLine(bytes, length)
  if (line === undefined) return NO
  const protocols = readProtocols(new Reader(bytes, line.end, length))
  if (protocols === undefined) return NO
  const cookie = COOKIE.exec(line.text)?.[1]
  return {
    match: 'yes',
    cookie,
    routingToken: cookie === undefined && line.text !== '' ? line.text : undefined,
    protocols,
    length,
  }
}

/** The line between the header and the negotiation, which there need not be. */
function readLine(bytes: Uint8Array, length: number): { text: string; end: number } | undefined {
  const first = bytes[FIXED]
  if (length === FIXED || first === NEGOTIATION) return { text: '', end: FIXED }
  for (let at = FIXED + 1; at < length; at++)
    if (bytes[at] === 0x0a && bytes[at - 1] === 0x0d) return { text: latin1Text(bytes, FIXED, at - 1), end: at + 1 }
  return undefined
}

function readProtocols(rest: Reader): string[] | undefined {
  if (rest.left === 0) return ['rdp']
  const type = rest.u8()
  const flags = rest.u8()
  const size = rest.u16le()
  const requested = rest.u32le()
  if (type !== NEGOTIATION || size !== 8) return undefined
  if ((flags & HAS_CORRELATION) !== 0) {
    if (rest.u8() !== CORRELATION) return undefined
    rest.skip(35)
  }
  if (!rest.ok || rest.left > 0) return undefined
  return ['rdp', ...PROTOCOLS.filter((_, bit) => (requested & (1 << bit)) !== 0)]
}

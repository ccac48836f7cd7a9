/**
 * An IP address as its 16 bytes, and the name of the interface that it was written with. IPv4 is kept in its IPv6 form
 * (`::ffff:a.b.c.d`): connecting to either is the same, so there is one set of rules for both.
 */
export interface AddressBits {
  readonly bytes: Uint8Array
  /** `eth0` in `fe80::1%eth0`. */
  readonly zone: string | undefined
}

/** The first bits of every IPv4 address in its IPv6 form: a prefix of n bits of IPv4 is one of 96 + n. */
export const IPV4_PREFIX = 96

const IPV4_AT = 12 // where the IPv4 address stands in its IPv6 form
const IPV4_FORM = mapped([])
const GROUPS = 8
const ZONED = /^([0-9a-fA-F:.]+)%([0-9a-zA-Z.:-]+)$/
const GROUP = /^[0-9a-fA-F]{1,4}$/
const PART = /^(?:0|[1-9][0-9]{0,2})$/

/** Reads what inet_pton reads, with a zone behind IPv6; a host name or another form of an address is `undefined`. */
export function parseAddress(text: string): AddressBits | undefined {
  const zoned = ZONED.exec(text)
  const zone = zoned?.[2]
  const plain = zoned?.[1] ?? text
  if (plain.includes(':')) {
    const bytes = parseIPv6(plain)
    return bytes && { bytes, zone }
  }
  const parts = zone === undefined ? parseIPv4(plain) : undefined
  return parts && { bytes: mapped(parts), zone: undefined }
}

/** The 16 bytes of an IPv4 address given as its four. */
export function mapped(parts: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes.fill(0xff, 10, 12)
  bytes.set(parts, IPV4_AT)
  return bytes
}

export function isIPv4(address: Uint8Array): boolean {
  return samePrefix(address, IPV4_FORM, IPV4_PREFIX)
}

/** Whether the first `prefix` bits (0 to 128) of both are the same. */
export function samePrefix(one: Uint8Array, other: Uint8Array, prefix: number): boolean {
  const whole = prefix >> 3
  for (let index = 0; index < whole; index++) if (one[index] !== other[index]) return false
  const rest = prefix & 7
  if (rest === 0) return true
  return (((one[whole] ?? 0) ^ (other[whole] ?? 0)) & (0xff00 >> rest) & 0xff) === 0
}

function parseIPv4(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => PART.test(part))) return undefined
  const numbers = parts.map(Number)
  return numbers.every((number) => number <= 255) ? numbers : undefined
}

function parseIPv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half, index) => groupsOf(half, index === halves.length - 1))
  if (head === undefined) return undefined
  if (halves.length === 1) return head.length === GROUPS ? bytesOf(head) : undefined
  if (tail === undefined || head.length + tail.length >= GROUPS) return undefined
  return bytesOf([...head, ...Array<number>(GROUPS - head.length - tail.length).fill(0), ...tail])
}

/** The groups on one side of `::`; only at the very end may the last two be written as IPv4. */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const words = text.split(':')
  const groups: number[] = []
  for (const [index, word] of words.entries()) {
    const [a, b, c, d] = (last && index === words.length - 1 ? parseIPv4(word) : undefined) ?? []
    if (a !== undefined && b !== undefined && c !== undefined && d !== undefined) groups.push(a * 256 + b, c * 256 + d)
    else if (GROUP.test(word)) groups.push(Number.parseInt(word, 16))
    else return undefined
  }
  return groups
}

function bytesOf(groups: readonly number[]): Uint8Array {
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

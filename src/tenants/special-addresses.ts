import { IPV4_PREFIX, isIPv4, mapped, parseAddress, samePrefix } from './address-bits.ts'

interface SpecialNetwork {
  readonly bytes: Uint8Array
  readonly prefix: number
  readonly what: string
}

/**
 * IANA's registry of IPv4 addresses for special purposes, multicast, and what clouds answer with on a public address. The first
 * that fits names the address, so what is more special stands first.
 */
const IPV4: readonly SpecialNetwork[] = networks([
  ['169.254.169.254/32', 'the metadata service of a cloud'],
  ['100.100.100.200/32', 'the metadata service of a cloud'],
  ['192.0.0.192/32', 'the metadata service of a cloud'],
  ['168.63.129.16/32', 'the host services of a cloud'],
  ['0.0.0.0/8', 'this machine'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier-grade NAT'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'of a protocol'],
  ['192.0.2.0/24', 'for documentation'],
  ['192.88.99.0/24', 'a 6to4 relay'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'for benchmarks'],
  ['198.51.100.0/24', 'for documentation'],
  ['203.0.113.0/24', 'for documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
])

/** The same for IPv6. Outside of 2000::/3 nothing is public, whether it is listed here or not. */
const IPV6: readonly SpecialNetwork[] = networks([
  ['::/128', 'this machine'],
  ['::1/128', 'loopback'],
  ['::/96', 'an old form of IPv4'],
  ['::ffff:0:0:0/96', 'a translation to IPv4'],
  ['64:ff9b:1::/48', 'a local translation to IPv4'],
  ['100::/64', 'discarded'],
  ['2001::/32', 'a Teredo tunnel'],
  ['2001::/23', 'of a protocol'],
  ['2001:db8::/32', 'for documentation'],
  ['2002::/16', 'a 6to4 tunnel'],
  ['3fff::/20', 'for documentation'],
  ['5f00::/16', 'for segment routing'],
  ['fd00:ec2::254/128', 'the metadata service of a cloud'],
  ['fd20:ce::254/128', 'the metadata service of a cloud'],
  ['fc00::/7', 'unique-local'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
])

const NAT64 = bitsOf('64:ff9b::')
const GLOBAL = bitsOf('2000::')

/** What an address is, such as `loopback`; `undefined` when it is one of the public internet. */
export function specialPurpose(bytes: Uint8Array): string | undefined {
  if (isIPv4(bytes)) return nameIn(IPV4, bytes)
  if (samePrefix(bytes, NAT64, 96)) return inside(bytes, 'in its NAT64 form')
  const named = nameIn(IPV6, bytes)
  if (named !== undefined) return named
  if (!samePrefix(bytes, GLOBAL, 3)) return 'reserved'
  return isIsatap(bytes) ? inside(bytes, 'behind an ISATAP tunnel') : undefined
}

/** An address that ends in an IPv4 address is as special as that. */
function inside(bytes: Uint8Array, form: string): string | undefined {
  const purpose = nameIn(IPV4, mapped(bytes.subarray(12)))
  return purpose === undefined ? undefined : `${purpose} ${form}`
}

/** `…:0:5efe:a.b.c.d` or `…:200:5efe:a.b.c.d` (RFC 5214). */
function isIsatap(bytes: Uint8Array): boolean {
  return ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe
}

function nameIn(networks: readonly SpecialNetwork[], address: Uint8Array): string | undefined {
  return networks.find(({ bytes, prefix }) => samePrefix(address, bytes, prefix))?.what
}

function networks(list: readonly (readonly [network: string, what: string])[]): SpecialNetwork[] {
  return list.map(([network, what]) => {
    const [address = '', prefix] = network.split('/')
    return { bytes: bitsOf(address), prefix: Number(prefix) + (address.includes(':') ? 0 : IPV4_PREFIX), what }
  })
}

function bitsOf(address: string): Uint8Array {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new Error(`${address} is not an address`)
  return parsed.bytes
}

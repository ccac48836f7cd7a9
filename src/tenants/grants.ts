import { isAbsolute, normalize } from 'node:path'
import { IPV4_PREFIX, isIPv4, parseAddress, samePrefix } from './address-bits.ts'
import { formOfHost } from './host-form.ts'

/** What the operator lets a tenant reach beyond the public internet: one entry of `reach`, read. */
export type Grant =
  | { readonly kind: 'any'; readonly ports: Ports }
  | { readonly kind: 'network'; readonly bytes: Uint8Array; readonly prefix: number; readonly ports: Ports }
  /** `suffix` starts with a dot: the names below it, of any number of labels. */
  | { readonly kind: 'name'; readonly name: string; readonly ports: Ports }
  | { readonly kind: 'suffix'; readonly suffix: string; readonly ports: Ports }
  /** `file` may hold `*`, which stands for any characters but a slash. */
  | { readonly kind: 'unix'; readonly folder: string; readonly file: string }

/** From the first to the last, both included; 1 to 65,535. */
export interface Ports {
  readonly first: number
  readonly last: number
}

/** What a grant looks like, for messages. */
export const GRANT_FORMS =
  'an address, network, name, "*.name" or "*" with a port, a range of ports or "*" behind a colon, or "unix:" and a path, such as "10.2.0.0/16:5432", "[fd00::/8]:443", "*.internal.example:8000-8099", "*:*" or "unix:/run/acme/*.sock"'

const WITH_PORTS = /^(?:\[([^\]]*)\]|([^[\]:]*)):([^:]*)$/
const PORTS = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Reads an entry of `reach`; the answer to what is none is what would be. */
export function parseGrant(text: string): Grant | string {
  if (text.startsWith('unix:')) return parseUnix(text.slice('unix:'.length))
  const [, ipv6, other = '', after = ''] = WITH_PORTS.exec(text) ?? []
  const ports = parsePorts(after)
  if (ports === undefined) return after === '' ? GRANT_FORMS : 'a port from 1 to 65535, a range such as 8000-8099, or *'
  if (ipv6 !== undefined) return ipv6.includes(':') ? parseNetwork(ipv6, ports) : 'an IPv6 address in the brackets'
  if (other === '*') return { kind: 'any', ports }
  const form = formOfHost(other.split('/')[0] ?? '')
  if (other.includes('/')) return parseNetwork(other, ports)
  return typeof form !== 'string' && form.kind === 'address' ? parseNetwork(other, ports) : parseName(other, ports)
}

/** Whether a grant lets `port` of the address be reached. */
export function grantsAddress(grant: Grant, address: Uint8Array, port: number): boolean {
  if (grant.kind === 'any') return within(grant.ports, port)
  if (grant.kind !== 'network' || !within(grant.ports, port)) return false
  // [::/0] is all of IPv6, and not the IPv4 addresses that we keep inside of it
  return (grant.prefix >= IPV4_PREFIX || !isIPv4(address)) && samePrefix(address, grant.bytes, grant.prefix)
}

/** Whether a grant lets `port` of whatever `name` resolves to be reached; `name` as `formOfHost` gives it. */
export function grantsName(grant: Grant, name: string, port: number): boolean {
  if (grant.kind === 'name') return within(grant.ports, port) && name === grant.name
  return grant.kind === 'suffix' && within(grant.ports, port) && name.endsWith(grant.suffix)
}

/** Whether a grant names this one port of this one address: no network, no range. */
export function grantsExactly(grant: Grant, address: Uint8Array, port: number): boolean {
  if (grant.kind !== 'network' || grant.prefix !== 128 || grant.ports.first !== grant.ports.last) return false
  return grantsAddress(grant, address, port)
}

function within({ first, last }: Ports, port: number): boolean {
  return first <= port && port <= last
}

function parsePorts(text: string): Ports | undefined {
  if (text === '*') return { first: 1, last: 65_535 }
  const match = PORTS.exec(text)
  if (match === null) return undefined
  const first = Number(match[1])
  const last = Number(match[2] ?? first)
  return first >= 1 && first <= last && last <= 65_535 ? { first, last } : undefined
}

function parseNetwork(text: string, ports: Ports): Grant | string {
  const [before = '', after, ...more] = text.split('/')
  const address = parseAddress(before)
  const wide = before.includes(':') ? 128 : 32
  if (address === undefined || address.zone !== undefined || more.length > 0)
    return `an address such as 10.2.0.1 or [fd00::1], or a network such as 10.2.0.0/16 or [fd00::/8], in its plain form`
  if (after !== undefined && (!PREFIX.test(after) || Number(after) > wide)) return `a prefix of 0 to ${wide} bits`
  const prefix = Number(after ?? wide) + (wide === 32 ? IPV4_PREFIX : 0)
  const { bytes } = address
  if (!samePrefix(bytes, cut(bytes, prefix), 128)) return `a network whose bits beyond the first ${after} are 0`
  return { kind: 'network', bytes, prefix, ports }
}

/** The address with all bits beyond the prefix 0. */
function cut(bytes: Uint8Array, prefix: number): Uint8Array {
  return bytes.map((byte, index) => byte & ~(0xff >> Math.min(8, Math.max(0, prefix - 8 * index))))
}

function parseName(text: string, ports: Ports): Grant | string {
  const below = text.startsWith('*.')
  const form = formOfHost(below ? text.slice(2) : text)
  if (typeof form === 'string' || form.kind !== 'name' || !isName(form.name)) return GRANT_FORMS
  return below ? { kind: 'suffix', suffix: `.${form.name}`, ports } : { kind: 'name', name: form.name, ports }
}

function isName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => LABEL.test(label))
}

function parseUnix(path: string): Grant | string {
  const slash = path.lastIndexOf('/')
  const folder = path.slice(0, slash) || '/'
  const file = path.slice(slash + 1)
  if (!isAbsolute(path) || normalize(path) !== path || file === '' || path.includes('\0'))
    return 'an absolute path without . and .., such as "unix:/run/acme/*.sock"'
  if (folder.includes('*')) return 'a path with * in its last part only, such as "unix:/run/acme/*.sock"'
  return { kind: 'unix', folder, file }
}

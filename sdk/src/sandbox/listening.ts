import { HOST_PATTERN_RULE, hostPattern } from './host-pattern.ts'
import { type Hook, LoadFailure, type RouterDescription } from './sandbox.ts'
import { escapeControls } from './untrusted-text.ts'

const MAX_HOSTS = 100
const MAX_SHOWN = 80
const KEYS = ['port', 'host', 'hosts']

/**
 * Reads where a router says that it listens: untrusted, as all that a host says.
 *
 * @throws LoadFailure
 */
export function parseListen(listen: unknown, hooks: readonly Hook[]): RouterDescription['listen'] {
  if (listen === undefined) return undefined
  const { port, host, hosts } = fieldsOf(listen)
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new LoadFailure(`listen: a port is a whole number from 0 to 65535, not ${shown(port)}`)
  if (host !== undefined && (typeof host !== 'string' || !/^[0-9A-Za-z.:_-]{1,253}$/.test(host)))
    throw new LoadFailure('listen: a host is an IP address or a name')
  if (hosts !== undefined && hooks.includes('onConnect'))
    throw new LoadFailure(
      'onConnect cannot stand beside listen.hosts: it is asked before the first bytes, and only these say which host name the client asks for',
    )
  return { port, host, hosts: hosts === undefined ? undefined : parseHosts(hosts) }
}

function fieldsOf(listen: unknown): Record<string, unknown> {
  if (typeof listen !== 'object' || listen === null) return { port: listen }
  const unknown = Object.keys(listen).filter((key) => !KEYS.includes(key))
  if (unknown.length > 0)
    throw new LoadFailure(`listen may have port, host and hosts; it also has ${escapeControls(unknown.join(', '))}`)
  return Object.fromEntries(Object.entries(listen))
}

function parseHosts(hosts: unknown): string[] {
  if (!Array.isArray(hosts) || hosts.length === 0 || hosts.length > MAX_HOSTS)
    throw new LoadFailure(`listen.hosts is a list of 1 to ${MAX_HOSTS} host names`)
  return [...new Set(hosts.map(parseHost))]
}

function parseHost(host: unknown): string {
  const normal = typeof host === 'string' ? hostPattern(host) : undefined
  if (normal !== undefined) return normal
  const hint = host === '*' ? '; the router without hosts gets what no other claims' : ''
  throw new LoadFailure(`listen.hosts has ${shown(host)}; allowed is ${HOST_PATTERN_RULE}${hint}`)
}

function shown(value: unknown): string {
  return escapeControls((JSON.stringify(value) ?? 'undefined').slice(0, MAX_SHOWN))
}

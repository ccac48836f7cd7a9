import { HOST_PATTERN_RULE, hostPattern } from 'router-sdk/host-pattern'

/** What an entry of a tenant's `ports` may be, for messages. */
export const PORT_GRANT_FORMS =
  'a port from 0 to 65535, a range such as "8000-8099", or "*"; "0" lets the system choose'
/** What an entry of a tenant's `hosts` may be, for messages. */
export const HOST_GRANT_FORMS = `"*", or ${HOST_PATTERN_RULE}`

const PORTS = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/
const HIGHEST = 65_535

/** Ports that a tenant may listen at, from the first to the last, both included. */
export interface PortGrant {
  readonly first: number
  readonly last: number
}

/** Reads an entry of `ports`; `undefined` for what is none. */
export function parsePortGrant(text: string): PortGrant | undefined {
  if (text === '*') return { first: 0, last: HIGHEST }
  const [, first, last = first] = PORTS.exec(text) ?? []
  const grant = { first: Number(first), last: Number(last) }
  return first !== undefined && grant.first <= grant.last && grant.last <= HIGHEST ? grant : undefined
}

/** Reads an entry of `hosts`: `*`, or the form of `hostPattern`; `undefined` for what is none. */
export function parseHostGrant(text: string): string | undefined {
  return text === '*' ? text : hostPattern(text)
}

export function grantsPort(grants: readonly string[], port: number): boolean {
  return grants.map(parsePortGrant).some((grant) => grant !== undefined && grant.first <= port && port <= grant.last)
}

/**
 * Whether a name, or all names that `*.` and a name stand for, are granted: `*.acme.example` grants every name below
 * `acme.example`, of any number of labels, and not `acme.example`.
 */
export function grantsHost(grants: readonly string[], host: string): boolean {
  return grants.map(parseHostGrant).some((grant) => {
    if (grant === '*' || grant === host) return true
    return grant?.startsWith('*.') === true && host.endsWith(grant.slice(1))
  })
}

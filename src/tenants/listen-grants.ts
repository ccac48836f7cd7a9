import { HOST_PATTERN_RULE, hostPattern } from 'router-sdk/host-pattern'

/** What an entry of a tenant's `ports` may be, for messages. */
export const PORT_GRANT_FORMS =
  'a port from 0 to 65535, a range such as "8000-8099", or "*", with "/hosts" behind it to be shared by host name only'
/** What an entry of a tenant's `hosts` may be, for messages. */
export const HOST_GRANT_FORMS = `"*", or ${HOST_PATTERN_RULE}`

const PORTS = /^(?:\*|([0-9]{1,5})(?:-([0-9]{1,5}))?)(\/hosts)?$/
const HIGHEST = 65_535

/** Ports that a tenant may listen at, from the first to the last, both included. 0 lets the system choose. */
export interface PortGrant {
  readonly first: number
  readonly last: number
  /** Only for routers that name hosts and listen at the operator's address, where they are in nobody's way. */
  readonly byHost: boolean
}

/** Reads an entry of `ports`; `undefined` for what is none. */
export function parsePortGrant(text: string): PortGrant | undefined {
  const found = PORTS.exec(text)
  if (found === null) return undefined
  const [, first = '0', last = found[1] ?? String(HIGHEST), byHost] = found
  const grant = { first: Number(first), last: Number(last), byHost: byHost !== undefined }
  return grant.first <= grant.last && grant.last <= HIGHEST ? grant : undefined
}

/** Reads an entry of `hosts`: `*`, or the form of `hostPattern`; `undefined` for what is none. */
export function parseHostGrant(text: string): string | undefined {
  return text === '*' ? text : hostPattern(text)
}

/** `byHost`: the port is wanted for some hosts, at the operator's address. */
export function grantsPort(grants: readonly string[], port: number, byHost: boolean): boolean {
  return grants.map(parsePortGrant).some((grant) => {
    return grant !== undefined && grant.first <= port && port <= grant.last && (byHost || !grant.byHost)
  })
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

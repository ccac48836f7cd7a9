import type { Settings } from '../config/settings.ts'
import { grantsHost, grantsPort } from './listen-grants.ts'
import { OPERATOR, policyOf, tenantOf } from './policy.ts'

/** Where a router wants to listen, as far as its tenant's policy is concerned. */
export interface WantedListen {
  readonly router: string
  readonly host: string
  /** As asked for: 0 where the system is to choose. */
  readonly port: number
  readonly hosts: readonly string[] | undefined
  /** It names no port, and gets the operator's default. */
  readonly byDefault: boolean
}

const MOST_SHOWN = 10

/** Why a tenant may not have what its router asks for, or `undefined`. The operator's routers may have everything. */
export function listenRefusal(settings: Settings, wanted: WantedListen): string | undefined {
  const { router, host: address, port, hosts = [], byDefault } = wanted
  const tenant = tenantOf(router)
  if (tenant === OPERATOR) return undefined
  const policy = policyOf(settings, tenant)
  const byHost = hosts.length > 0 && address === settings.listen.host
  if (!grantsPort(policy.ports, port, byHost)) {
    const which = port === 0 ? 'a port of the system’s choice (0)' : `port ${port}`
    const why = byDefault ? ' (it names no port, so it takes the default)' : ''
    const said = refusal(settings, tenant, `router ${router} wants ${which}${why}`, 'ports', policy.ports)
    return grantsPort(policy.ports, port, true) ? `${said}; ${byHostRule(settings)}` : said
  }
  const host = hosts.find((each) => !grantsHost(policy.hosts, each))
  if (host === undefined) return undefined
  return refusal(settings, tenant, `router ${router} wants the host name ${host}`, 'hosts', policy.hosts)
}

function byHostRule({ listen }: Settings): string {
  return `a port with "/hosts" is for routers with listen.hosts that listen at ${listen.host}, or name no address`
}

function refusal(
  settings: Settings,
  tenant: string,
  wish: string,
  kind: 'ports' | 'hosts',
  grants: readonly string[],
): string {
  const { named } = settings.tenants
  const own = Object.hasOwn(named, tenant) && named[tenant]?.[kind] !== undefined
  const path = own ? `tenants.named.${tenant}.${kind}` : `tenants.defaults.${kind}`
  const shown = grants.slice(0, MOST_SHOWN).map((grant) => JSON.stringify(grant))
  const more = grants.length > MOST_SHOWN ? ` and ${grants.length - MOST_SHOWN} more` : ''
  const allowed = grants.length === 0 ? 'none' : `${shown.join(', ')}${more}`
  return `${wish}, which tenant ${tenant} may not have: ${path} allows ${allowed}`
}

import type { Settings } from '../config/settings.ts'
import { isControlSocket } from '../control/socket-path.ts'
import { formatTarget } from '../transport/address.ts'
import type { ConnectTarget } from '../transport/transport.ts'
import { parseAddress } from './address-bits.ts'
import { type Grant, grantsAddress, grantsExactly, grantsName, parseGrant } from './grants.ts'
import { OwnAddresses, type OwnAddressesOptions } from './own-addresses.ts'
import { OPERATOR, policyOf, tenantOf } from './policy.ts'
import { specialPurpose } from './special-addresses.ts'
import { settingOf } from './tenants.ts'
import { judgePath } from './unix-reach.ts'

/** An upstream's address as a router may have it. */
export type Verdict =
  /** `target` is what was judged: nothing else may be connected to. `release` is called once the attempt is over. */
  | {
      readonly kind: 'permitted'
      readonly target: ConnectTarget
      /** Where the target leads, for records, if it does not say that itself. */
      readonly shown?: string
      readonly release?: () => void
    }
  /** A unix socket that is not there. */
  | { readonly kind: 'absent'; readonly code: string }
  | { readonly kind: 'refused'; readonly why: string }

/** `name` is what resolved to `target`, as `formOfHost` gives it. */
export type Judge = (target: ConnectTarget, name: string | undefined) => Verdict

/** What the operator should know of an upstream that a tenant may not reach. */
export interface Refusal {
  readonly router: string
  readonly tenant: string
  /** As the router named it, and what that came to. */
  readonly upstream: string
  readonly address: string
  /** What stands against it: `loopback`. */
  readonly why: string
  /** Where it could be granted: `tenants.defaults.reach`. */
  readonly setting: string
}

export interface ReachOptions extends OwnAddressesOptions {
  readonly settings: () => Settings
  readonly refused: (refusal: Refusal) => void
}

/**
 * Where the upstreams of tenants may be: on the public internet, and where the configuration grants. The operator's own routers
 * may go anywhere. Each address is judged when it is about to be connected to, by the configuration of that moment.
 */
export class Reach {
  readonly #options: ReachOptions
  readonly #own: OwnAddresses
  readonly #grants = new WeakMap<readonly string[], readonly Grant[]>()

  constructor(options: ReachOptions) {
    this.#options = options
    this.#own = new OwnAddresses(options)
  }

  /** The judge of one upstream that a router named. Of all its addresses, the first that is refused is reported. */
  judgeOf(router: string, upstream: string): Judge {
    const tenant = tenantOf(router)
    if (tenant === OPERATOR) return (target) => ({ kind: 'permitted', target })
    let reported = false
    return (target, name) => {
      const verdict = this.#judge(tenant, target, name)
      if (verdict.kind === 'refused' && !reported) {
        reported = true
        const setting = settingOf(this.#options.settings(), tenant, 'reach')
        this.#options.refused({ router, tenant, upstream, address: formatTarget(target), why: verdict.why, setting })
      }
      return verdict
    }
  }

  #judge(tenant: string, target: ConnectTarget, name: string | undefined): Verdict {
    const grants = this.#grantsOf(tenant)
    if (target.kind === 'unix') return this.#judgeUnix(target.path, grants)
    const why = this.#against(target, name, grants)
    return why === undefined ? { kind: 'permitted', target } : { kind: 'refused', why }
  }

  #against(
    { address, port }: Extract<ConnectTarget, { kind: 'tcp' }>,
    name: string | undefined,
    grants: readonly Grant[],
  ): string | undefined {
    const parsed = parseAddress(address)
    if (parsed === undefined) return 'no address'
    const { bytes, zone } = parsed
    // No name and no network leads to the program itself by chance: a loop has to be meant.
    if (this.#own.listensAt(bytes, port))
      return grants.some((grant) => grantsExactly(grant, bytes, port)) ? undefined : 'a listener of this program'
    const purpose = specialPurpose(bytes) ?? this.#own.describe(bytes) ?? (zone && `an address of the link ${zone}`)
    if (purpose === undefined) return undefined
    const granted = grants.some(
      (grant) => grantsAddress(grant, bytes, port) || (name !== undefined && grantsName(grant, name, port)),
    )
    return granted ? undefined : purpose
  }

  #judgeUnix(path: string, grants: readonly Grant[]): Verdict {
    const verdict = judgePath(path, grants)
    if (verdict.kind !== 'permitted') return verdict
    const { real, connectTo, release } = verdict
    if (!isControlSocket(this.#options.settings().control.socket, real))
      return { kind: 'permitted', target: { kind: 'unix', path: connectTo }, shown: `unix:${real}`, release }
    release()
    return { kind: 'refused', why: 'a control socket' }
  }

  /** Read once for each list: a configuration that is read again has new ones. */
  #grantsOf(tenant: string): readonly Grant[] {
    const { reach } = policyOf(this.#options.settings(), tenant)
    const known = this.#grants.get(reach)
    if (known !== undefined) return known
    const grants = reach.map(parseGrant).filter((grant) => typeof grant !== 'string')
    this.#grants.set(reach, grants)
    return grants
  }
}

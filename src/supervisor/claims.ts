import { formatAddress } from '../transport/address.ts'
import type { BoundListen } from '../worker/messages.ts'

/** A router cannot have what it asks for; the message says who has it, or who forbids it. */
export class PortRefused extends Error {
  /** The router that has it. */
  readonly holder: string | undefined

  constructor(message: string, holder?: string) {
    super(message)
    this.holder = holder
  }
}

/** What a router asks for: an address, and there the connections to some hosts, or to all that no other router names. */
export interface Claim extends BoundListen {
  readonly router: string
  /** It is asked before the first bytes, so before it can be known which host a client asks for. */
  readonly greets: boolean
  /** It names no port, and gets the operator's default. */
  readonly byDefault: boolean
}

const MOST_SHOWN = 5
/** Stands for the hosts that nobody names. */
const REST = ''

type Address = Pick<BoundListen, 'host' | 'port'>
/** By host name, who claims it; a router that is about to change its claim has two. */
type Place = Map<string, Set<Claim>>

/**
 * Which router has what: on each address every host name belongs to one router, and so does what nobody names. Addresses that
 * take in one another (`0.0.0.0` and `127.0.0.1`) are not shared.
 */
export class Claims {
  /** By port, then by host. */
  readonly #ports = new Map<number, Map<string, Place>>()

  /** @throws PortRefused when another router has some of it; then nothing is claimed. */
  add(claim: Claim): void {
    this.#refuseOverlap(claim)
    const places = this.#ports.get(claim.port) ?? new Map<string, Place>()
    const place = places.get(claim.host) ?? new Map<string, Set<Claim>>()
    refuseTaken(claim, place)
    refuseGreeting(claim, place)
    this.#ports.set(claim.port, places.set(claim.host, place))
    for (const name of namesOf(claim)) place.set(name, (place.get(name) ?? new Set()).add(claim))
  }

  delete(claim: Claim): void {
    const places = this.#ports.get(claim.port)
    const place = places?.get(claim.host)
    for (const name of namesOf(claim)) {
      const claims = place?.get(name)
      claims?.delete(claim)
      if (claims?.size === 0) place?.delete(name)
    }
    if (place?.size === 0) places?.delete(claim.host)
    if (places?.size === 0) this.#ports.delete(claim.port)
  }

  /** Whether anybody claims something there. */
  has({ host, port }: Address): boolean {
    return this.#ports.get(port)?.has(host) === true
  }

  #refuseOverlap(claim: Claim): void {
    for (const [host, place] of this.#ports.get(claim.port) ?? []) {
      if (host === claim.host || !(takesIn(host, claim.host) || takesIn(claim.host, host))) continue
      const holder = otherOf(place.values(), claim)
      if (holder === undefined) continue
      throw new PortRefused(
        `${wish(claim)}, part of which router ${holder.router} has at ${addressText(holder)}; routers share a port at exactly the same address, or one of them needs another port`,
        holder.router,
      )
    }
  }
}

function refuseTaken(claim: Claim, place: Place): void {
  for (const name of namesOf(claim)) {
    const holder = otherOf([place.get(name) ?? new Set()], claim)
    if (holder === undefined) continue
    const { router } = holder
    if (name !== REST) throw new PortRefused(`${wish(claim, name)}, which router ${router} has`, router)
    throw new PortRefused(
      `${wish(claim)}, which router ${router} has at ${addressText(holder)}; one of them needs another port, or the hosts that it is for (listen.hosts)`,
      router,
    )
  }
}

function refuseGreeting(claim: Claim, place: Place): void {
  const rest = [place.get(REST) ?? new Set<Claim>()]
  const greeter = claim.hosts === undefined ? undefined : otherOf(rest, claim, ({ greets }) => greets)
  const namer = claim.greets ? otherOf(place.values(), claim, ({ hosts }) => hosts !== undefined) : undefined
  const other = greeter ?? namer
  if (other === undefined) return
  const [who, whom] = greeter === undefined ? ['it', `router ${other.router}`] : [`router ${other.router}`, 'it']
  throw new PortRefused(
    `${wish(claim)}, which it cannot share with router ${other.router}: ${who} has onConnect, which is asked before the client has said which host it asks for, and ${whom} is for some hosts only (listen.hosts)`,
    other.router,
  )
}

/** A claim among these of another router. */
function otherOf(
  sets: Iterable<ReadonlySet<Claim>>,
  { router }: Claim,
  matches: (claim: Claim) => boolean = () => true,
): Claim | undefined {
  for (const claims of sets) for (const claim of claims) if (claim.router !== router && matches(claim)) return claim
  return undefined
}

function namesOf({ hosts }: Claim): readonly string[] {
  return hosts ?? [REST]
}

function wish(claim: Claim, host?: string): string {
  const why = claim.byDefault ? ' (it names no port, so it takes the default)' : ''
  return `router ${claim.router} wants ${host === undefined ? '' : `${host} on `}${addressText(claim)}${why}`
}

export function addressText({ host, port }: Address): string {
  return formatAddress(host, port)
}

/** An address with the hosts that are claimed there, such as `0.0.0.0:443 (git.acme.example, *.acme.example)`. */
export function listenText(listen: BoundListen): string {
  const { hosts } = listen
  if (hosts === undefined) return addressText(listen)
  const more = hosts.length > MOST_SHOWN ? ` and ${hosts.length - MOST_SHOWN} more` : ''
  return `${addressText(listen)} (${hosts.slice(0, MOST_SHOWN).join(', ')}${more})`
}

/** `::` takes in IPv4 as well; `0.0.0.0` does not take in addresses of IPv6, but a name may stand for either. */
function takesIn(wildcard: string, host: string): boolean {
  return wildcard === '::' || (wildcard === '0.0.0.0' && !host.includes(':'))
}

import { performance } from 'node:perf_hooks'
import type { RouterDescription } from 'router-sdk/sandbox'
import type { Settings } from '../config/settings.ts'
import { listenRefusal } from '../tenants/listen-rules.ts'
import type { BoundListen } from '../worker/messages.ts'
import { addressText, type Claim, Claims, PortRefused } from './claims.ts'
import { probe, reserve } from './probe.ts'

export { addressText, listenText, PortRefused } from './claims.ts'

/** A worker closes a listener a moment after it is told to: until then its port is not somebody else's. */
const OWN_PORT_LINGERS = 1000
const MOST_CHOICES = 50

/** What was claimed, and what has to be done when it is settled whether it stays. */
interface Taken {
  readonly claim: Claim
  readonly settled: () => void
}

interface Held {
  /** As asked for: with port 0 where the system chose. */
  readonly wanted: Claim
  readonly claim: Claim
}

/** What a router was promised, until it is confirmed or undone. */
export interface Claimed {
  readonly bound: BoundListen
  /** Some of what the router had before is free once this is confirmed. */
  readonly givesBack: boolean
  confirm(): void
  /** Does nothing once it is confirmed. */
  undo(): void
}

/** Who listens where, for which hosts, and whether the operator's configuration allows it. */
export class Ports {
  readonly #claims = new Claims()
  readonly #held = new Map<string, Held>()
  /** The port of each claimed address, once it is known that it can be bound. */
  readonly #probes = new Map<string, Promise<number>>()
  readonly #released = new Map<number, number>()

  get(router: string): BoundListen | undefined {
    const claim = this.#held.get(router)?.claim
    return claim === undefined ? undefined : boundOf(claim)
  }

  /**
   * Claims what a router asks for, or the operator's default, beside what it has already. The claim holds once it is
   * confirmed; `undo` gives it back.
   *
   * @throws PortRefused
   */
  async claim(
    router: string,
    description: Pick<RouterDescription, 'listen' | 'hooks'>,
    settings: Settings,
  ): Promise<Claimed> {
    const wanted = claimOf(router, description, settings)
    refuseUnallowed(settings, wanted)
    const before = this.#held.get(router)
    const stays = before !== undefined && sameAddress(before.wanted, wanted)
    const asked = { ...wanted, port: stays ? before.claim.port : wanted.port }
    const { claim, settled } = await this.#take(asked, before?.claim.port)
    let isSettled = false
    const settle = (act: () => void) => {
      if (isSettled) return
      isSettled = true
      settled()
      act()
    }
    return {
      bound: boundOf(claim),
      givesBack: before !== undefined && !sameClaim(before.claim, claim),
      confirm: () => settle(() => this.#confirm(router, { wanted, claim })),
      undo: () => settle(() => this.#drop(claim)),
    }
  }

  release(router: string): void {
    const held = this.#held.get(router)
    this.#held.delete(router)
    if (held !== undefined) this.#drop(held.claim)
  }

  /** Why the configuration does not allow what a router has, or `undefined`. */
  refusal(router: string, settings: Settings): string | undefined {
    const wanted = this.#held.get(router)?.wanted
    return wanted === undefined ? undefined : listenRefusal(settings, wanted)
  }

  #confirm(router: string, held: Held): void {
    const before = this.#held.get(router)
    this.#held.set(router, held)
    if (before !== undefined) this.#drop(before.claim)
  }

  /** `own`: the port that the router has now, where a probe would find its own listeners. */
  async #take(wanted: Claim, own: number | undefined): Promise<Taken> {
    if (wanted.port === 0) return await this.#takeAny(wanted)
    this.#claims.add(wanted)
    try {
      await this.#probeOnce(wanted, own)
      return { claim: wanted, settled: () => {} }
    } catch (error) {
      this.#drop(wanted)
      throw error
    }
  }

  /** The system may choose a port that another router was just given, whose listener is not open yet: then it chooses again. */
  async #takeAny(wanted: Claim): Promise<Taken> {
    for (let attempt = 1; ; attempt++) {
      const { port, release } = await reserve(wanted.host)
      const claim = { ...wanted, port }
      const again = attempt < MOST_CHOICES
      try {
        if (again && this.#claims.has(claim)) throw new PortRefused(`${addressText(claim)} was given to another router`)
        this.#claims.add(claim)
      } catch (error) {
        release()
        if (again && error instanceof PortRefused) continue
        throw error
      }
      this.#probes.set(addressText(claim), Promise.resolve(port))
      return { claim, settled: release }
    }
  }

  /** Routers that share an address share its probe: two at a time would find each other. */
  #probeOnce(claim: Claim, own: number | undefined): Promise<number> {
    const key = addressText(claim)
    const released = this.#released.get(claim.port) ?? Number.NEGATIVE_INFINITY
    const lingers = () => performance.now() - released < OWN_PORT_LINGERS
    const known = this.#probes.get(key)
    const probing = known ?? (own === claim.port ? Promise.resolve(own) : probe(claim, lingers))
    this.#probes.set(key, probing)
    return probing
  }

  #drop(claim: Claim): void {
    this.#claims.delete(claim)
    if (this.#claims.has(claim)) return
    this.#probes.delete(addressText(claim))
    this.#released.set(claim.port, performance.now())
  }
}

/** What a router asks for, as it describes itself. */
export function claimOf(
  router: string,
  { listen, hooks }: Pick<RouterDescription, 'listen' | 'hooks'>,
  settings: Settings,
): Claim {
  return {
    router,
    host: listen?.host ?? settings.listen.host,
    port: listen?.port ?? settings.listen.port,
    hosts: listen?.hosts,
    greets: hooks.includes('onConnect'),
    byDefault: listen === undefined,
  }
}

/** @throws PortRefused */
export function refuseUnallowed(settings: Settings, claim: Claim): void {
  const refusal = listenRefusal(settings, claim)
  if (refusal !== undefined) throw new PortRefused(refusal)
}

function boundOf({ host, port, hosts }: Claim): BoundListen {
  return { host, port, hosts }
}

function sameAddress(a: Claim, b: Claim): boolean {
  return a.host === b.host && a.port === b.port
}

function sameClaim(a: Claim, b: Claim): boolean {
  const text = ({ host, port, hosts, greets }: Claim) => JSON.stringify([host, port, hosts?.toSorted(), greets])
  return text(a) === text(b)
}

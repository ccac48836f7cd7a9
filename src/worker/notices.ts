import { locate } from 'router-sdk/locate'
import type { SandboxEvent } from 'router-sdk/sandbox'
import type { Log } from '../log.ts'
import type { TableReport } from '../lookup/file-lookup.ts'
import { placeText } from '../router-place.ts'
import { tenantOf } from '../tenants/policy.ts'
import type { Refusal } from '../tenants/reach.ts'
import { Seldom } from '../tenants/seldom.ts'
import type { Tenants } from '../tenants/tenants.ts'
import type { WarmVersion } from './active-routers.ts'
import type { Undecided } from './decide.ts'
import type { Listener } from './listener.ts'
import type { WhyFull } from './sessions.ts'

/** Failures of one router in a second that have a line each. */
const FAILURES_SAID = 50

const PAUSES: Readonly<Record<WhyFull, string>> = {
  limit: 'the limit of connections is reached: accepting pauses',
  descriptors: 'descriptors have run out below the limit of connections: accepting pauses',
}

/** What a worker tells the operator in its log, and counts for tenants where it is their limit that bites; no tenant can flood it. */
export class Notices {
  readonly #log: Log['log']
  readonly #tenants: Tenants
  readonly #refusals = new Seldom()
  readonly #failures = new Seldom(undefined, FAILURES_SAID)

  constructor(log: Log['log'], tenants: Tenants) {
    this.#log = log
    this.#tenants = tenants
  }

  /** What a router wrote with `conn.log`, as far as its tenant may. */
  routerSaid({ router, about }: WarmVersion, lines: readonly string[]): void {
    const allowed = this.#tenants.of(tenantOf(router)).mayLog(lines.length)
    for (const said of lines.slice(0, allowed)) this.#log.info({ router, version: about.number, said }, 'router log')
  }

  routerFailed(router: string, { version, failure, message, position }: Undecided): void {
    const times = this.#failures.times(router)
    if (times === undefined) return
    const place = position && version ? locate(version.about.sourceMap, position.line, position.column) : undefined
    const where = place && { at: placeText(router, place) }
    this.#log.warn({ router, version: version?.about.number, failure, message, ...where, times }, 'router failed')
  }

  upstreamRefused(refusal: Refusal): void {
    this.#tenants.of(refusal.tenant).bite('reach')
    const times = this.#refusals.times(refusal.tenant)
    if (times !== undefined) this.#log.warn({ ...refusal, times }, 'upstream not allowed')
  }

  sandboxEvent(event: SandboxEvent): void {
    const { kind, ...facts } = event
    switch (kind) {
      case 'host-lost':
        return this.#log.warn(facts, 'sandbox host lost')
      case 'strike':
        return this.#log.warn(facts, 'router got a strike')
      case 'quarantined':
        return this.#log.error(facts, 'router quarantined')
      case 'limited':
        return this.#tenants.of(event.tenant).bite(event.limit)
      default:
        return kind satisfies never
    }
  }

  tableRead({ error, ...report }: TableReport): void {
    if (error === undefined) this.#log.info(report, 'table read')
    else this.#log.error({ ...report, error }, 'table refused')
  }

  acceptFailed({ name }: Listener, { message }: Error): void {
    this.#log.warn({ listener: name, error: message }, 'accepting failed')
  }

  /** `why`: accepting pauses; `undefined`: it goes on. */
  accepting(why: WhyFull | undefined, connections: number): void {
    if (why === undefined) this.#log.info({ connections }, 'accepting again')
    else this.#log.warn({ connections }, PAUSES[why])
  }
}

import type { Settings } from '../config/settings.ts'
import type { Judge } from '../tenants/reach.ts'
import type { Tenants } from '../tenants/tenants.ts'
import type { Transport } from '../transport/transport.ts'
import type { AccessRecord } from './access-record.ts'
import type { ActiveRouters } from './active-routers.ts'
import type { Decider, Undecided } from './decide.ts'
import type { Resolver } from './dns.ts'
import type { Recorder } from './recorder.ts'
import type { RouterNames } from './router-names.ts'
import type { Session } from './session.ts'

/** What a session needs of its worker. */
export interface SessionContext {
  readonly transport: Transport
  readonly routers: ActiveRouters
  readonly decider: Decider
  readonly resolver: Resolver
  /** Who judges the addresses of an upstream that a router named. */
  readonly judgeOf: (router: string, upstream: string) => Judge
  /** Whose connections have limits. */
  readonly tenants: Tenants
  /** Asked once, when the session opens. */
  readonly settings: () => Settings
  readonly routerFailed: (router: string, undecided: Undecided) => void
  /** Where connections are recorded, if they are. */
  readonly recorder: () => Recorder | undefined
  /** The session is over; nothing of it is used again. */
  readonly closed: (session: Session, record: AccessRecord) => void
}

export interface SessionListener {
  readonly name: string
  readonly routers: RouterNames
}

import { locate } from 'router-sdk/locate'
import { LoadFailure, ProcessSandbox, type SandboxEvent } from 'router-sdk/sandbox'
import type { Settings } from '../config/settings.ts'
import type { WorkerReport } from '../control/status.ts'
import { type Log, openLog } from '../log.ts'
import { FileLookup, type TableReport } from '../lookup/file-lookup.ts'
import { placeText } from '../router-place.ts'
import { tableAllowance } from '../tenants/load-setting.ts'
import { policyOf, tenantOf } from '../tenants/policy.ts'
import { Reach, type Refusal } from '../tenants/reach.ts'
import { Seldom } from '../tenants/seldom.ts'
import { Tenants } from '../tenants/tenants.ts'
import { chooseTransport } from '../transport/choose.ts'
import { descriptorLimit, descriptorsLeft } from '../transport/descriptors.ts'
import { canSharePorts } from '../transport/port-sharing.ts'
import type { Transport } from '../transport/transport.ts'
import { ActiveRouters } from './active-routers.ts'
import { Decider, type Outcome, type Undecided } from './decide.ts'
import { Resolver } from './dns.ts'
import { FirstDecisions } from './first-decisions.ts'
import { Listener } from './listener.ts'
import { Listeners } from './listeners.ts'
import { Memo } from './memo.ts'
import type { BoundListen, FromWorker, ToWorker } from './messages.ts'
import { Recorder } from './recorder.ts'
import { RefusalRecords } from './refusal-records.ts'
import { type Counts, Sessions, type WhyFull } from './sessions.ts'

/** What a worker is told first. */
export type Start = Extract<ToWorker, { type: 'start' }>

/** Descriptors kept for logs, hosts, tables and the resolver; each connection takes two of the others. */
const RESERVED_DESCRIPTORS = 64
/** Milliseconds between two reports of the counts to the supervisor. */
const COUNTS_EVERY = 200
/** Failures of one router in a second that have a line each. */
const FAILURES_SAID = 50
/** Listeners that the process title names. */
const MOST_NAMED = 8

const PAUSES: Readonly<Record<WhyFull, string>> = {
  limit: 'the limit of connections is reached: accepting pauses',
  descriptors: 'descriptors have run out below the limit of connections: accepting pauses',
}

/** Everything that one worker process owns, and what it does with each message of its supervisor. */
export class Worker {
  readonly #index: number
  readonly #tell: (message: FromWorker) => void
  readonly #log: Log
  readonly #transport: Transport
  readonly #sandbox: ProcessSandbox
  readonly #lookup: FileLookup
  readonly #memo: Memo
  readonly #resolver: Resolver
  readonly #reach: Reach
  readonly #refusals = new Seldom()
  readonly #failures = new Seldom(undefined, FAILURES_SAID)
  readonly #routers = new ActiveRouters()
  readonly #firstDecisions: FirstDecisions
  /** Versions that are being loaded, and those of them that nobody waits for any more. */
  readonly #warming = new Set<number>()
  readonly #discarded = new Set<number>()
  readonly #listeners = new Listeners((address) => this.#listen(address))
  readonly #sessions: Sessions
  readonly #records: RefusalRecords
  readonly #descriptors = descriptorLimit()
  readonly #recorder: Recorder | undefined
  readonly #tenants: Tenants
  #settings: Settings
  #countsTimer: NodeJS.Timeout | undefined
  #draining = false

  constructor({ index, settings, hostLaunch }: Start, tell: (message: FromWorker) => void) {
    this.#index = index
    this.#settings = settings
    this.#tell = tell
    this.#log = openLog(settings.log, { worker: index })
    const { transport, why } = chooseTransport(settings.transport, { keepAlive: settings.relay.keepAlive })
    this.#transport = transport
    this.#log.log.info({ transport: transport.name, why }, 'transport')
    const { record } = settings
    this.#recorder = record.file === null ? undefined : new Recorder(record.file, record)
    const allowance = (router: string) => tableAllowance(this.#settings, router)
    this.#memo = new Memo((tenant) => policyOf(this.#settings, tenant).limits.memoBytes)
    this.#lookup = new FileLookup(
      settings.tables.maxBytes,
      (report) => this.#tableRead(report),
      allowance,
      (router) => this.#memo.forgetRouter(router),
    )
    this.#resolver = new Resolver(settings.dns)
    this.#reach = new Reach({
      settings: () => this.#settings,
      listeners: () => this.#listeners.all.map(({ address }) => address),
      refused: (refusal) => this.#upstreamRefused(refusal),
    })
    this.#tenants = new Tenants(settings, {
      say: (bite) => this.#log.log.warn(bite, 'a limit was reached'),
      served: () => this.#routers.tenants,
      places: () => this.#sessions.places,
    })
    this.#records = new RefusalRecords({
      one: (record) => this.#log.access(record),
      together: (refused) => this.#log.access(refused, 'connections'),
    })
    this.#sandbox = new ProcessSandbox({
      command: hostLaunch.command,
      ...(hostLaunch.untrusted && { untrustedCommand: hostLaunch.untrusted.command }),
      hosts: settings.hosts,
      limits: { decisionDeadline: settings.router.decisionDeadline, hostMemory: settings.hostMemory },
      idleVersion: settings.idleVersion,
      strikes: settings.strikes,
      gone: (cordon) => this.#memo.forgetCordon(cordon),
      report: (event) => this.#sandboxEvent(event),
    })
    this.#firstDecisions = new FirstDecisions((counts) => tell({ type: 'first-decisions', counts }))
    this.#sessions = this.#createSessions()
  }

  async start(): Promise<void> {
    await this.#sandbox.start()
    this.#title()
    this.#tell({ type: 'ready' })
  }

  handle(message: Exclude<ToWorker, Start>): void {
    switch (message.type) {
      case 'configure':
        return this.#configure(message.settings)
      case 'warm':
        void this.#warm(message)
        return
      case 'activate':
        void this.#activate(message)
        return
      case 'discard':
        return this.#discard(message.id)
      case 'retire':
        return this.#retire(message.router)
      case 'tables':
        return this.#lookup.setTables(message.router, message.tables)
      case 'drain':
        return this.#drain(message.deadline)
      case 'reopen-logs':
        return this.#log.reopen()
      case 'ping':
        return this.#tell({ type: 'pong' })
      case 'report':
        return this.#tell({ type: 'report', id: message.id, report: this.#report() })
      case 'release':
        return this.#sandbox.release(message.tenant)
      default:
        return message satisfies never
    }
  }

  #createSessions(): Sessions {
    const { log } = this.#log
    const decider = new Decider({
      made: (outcome) => this.#decisionMade(outcome),
      memo: this.#memo,
      sandbox: this.#sandbox,
      lookup: this.#lookup,
      routers: this.#routers,
      logged: ({ router, about }, lines) => {
        const allowed = this.#tenants.of(tenantOf(router)).mayLog(lines.length)
        for (const line of lines.slice(0, allowed))
          log.info({ router, version: about.number, said: line }, 'router log')
      },
    })
    return new Sessions({
      context: {
        transport: this.#transport,
        routers: this.#routers,
        decider,
        resolver: this.#resolver,
        judgeOf: (router, upstream) => this.#reach.judgeOf(router, upstream),
        tenants: this.#tenants,
        settings: () => this.#settings,
        recorder: () => this.#recorder,
        routerFailed: (router, undecided) => {
          this.#firstDecisions.failed(undecided)
          this.#routerFailed(router, undecided)
        },
      },
      workerIndex: this.#index,
      limit: () => this.#connectionLimit(),
      descriptorsLeft,
      full: (why) => this.#pauseListeners(why),
      closed: (record) => this.#records.closed(record),
      counted: () => this.#reportCounts(),
    })
  }

  #configure(settings: Settings): void {
    this.#settings = settings
    this.#tenants.configure(settings)
    this.#memo.configure()
    this.#lookup.configure(settings.tables.maxBytes)
    this.#resolver.configure(settings.dns)
    this.#log.log.level = settings.log.level
  }

  // ── versions ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #warm({ version, about, tables }: Extract<ToWorker, { type: 'warm' }>): Promise<void> {
    const { id, router } = version
    this.#lookup.setTables(router, tables)
    this.#warming.add(id)
    try {
      const description = await this.#sandbox.load(version).finally(() => this.#warming.delete(id))
      if (this.#discarded.delete(id)) return this.#unload(id)
      this.#routers.warmed({ id, router, about, description })
      if (description.memo) this.#memo.add(version)
      this.#tell({ type: 'warmed', id, description })
    } catch (error) {
      this.#discarded.delete(id)
      const message = error instanceof Error ? error.message : String(error)
      const position = error instanceof LoadFailure ? error.position : undefined
      const fault = error instanceof LoadFailure ? 'router' : 'sandbox'
      this.#tell({ type: 'warm-failed', id, fault, message, ...(position && { position }) })
    }
  }

  #discard(id: number): void {
    if (this.#warming.has(id)) this.#discarded.add(id)
    this.#routers.discard(id)
    this.#unload(id)
  }

  /** The new listener is opened before the old one is closed, and the version switched when both stand. */
  async #activate({ id, router, listen, watch }: Extract<ToWorker, { type: 'activate' }>): Promise<void> {
    try {
      const place = await this.#listeners.reserve(listen)
      try {
        const replaced = this.#routers.activate(id)
        if (watch !== undefined) this.#firstDecisions.watch(id, watch)
        if (replaced !== undefined) this.#unload(replaced.id)
        place.give(router, listen.hosts)
      } finally {
        place.release()
      }
      this.#title()
      this.#tell({ type: 'activated', id })
    } catch (error) {
      this.#tell({ type: 'activate-failed', id, message: error instanceof Error ? error.message : String(error) })
    }
  }

  async #listen({ host, port }: BoundListen): Promise<Listener> {
    const opened = await Listener.open(
      this.#transport,
      { host, port, reusePort: canSharePorts() },
      (listener, connection) => this.#sessions.accept(listener, connection),
      (listener, error) => this.#acceptFailed(listener, error),
    )
    if (this.#draining) opened.close()
    else if (this.#sessions.full) opened.pause()
    return opened
  }

  #unload(id: number): void {
    this.#firstDecisions.forget(id)
    this.#memo.remove(id)
    this.#sandbox.unload(id)
  }

  #retire(router: string): void {
    this.#listeners.retire(router)
    const retired = this.#routers.retire(router)
    if (retired !== undefined) this.#unload(retired.id)
    this.#lookup.removeRouter(router)
    this.#title()
  }

  // ── connections ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #connectionLimit(): number {
    const byDescriptors = Math.max(1, Math.floor((this.#descriptors - RESERVED_DESCRIPTORS) / 2))
    const configured = this.#settings.maxConnections
    return configured === 0 ? byDescriptors : Math.min(configured, byDescriptors)
  }

  #acceptFailed({ name }: Listener, { message }: Error): void {
    this.#log.log.warn({ listener: name, error: message }, 'accepting failed')
    this.#sessions.acceptFailed()
  }

  #pauseListeners(why: WhyFull | undefined): void {
    const { current } = this.#sessions.counts
    if (why === undefined) this.#log.log.info({ connections: current }, 'accepting again')
    else this.#log.log.warn({ connections: current }, PAUSES[why])
    for (const listener of this.#listeners.all) {
      if (why !== undefined) listener.pause()
      else if (!this.#draining) listener.resume()
    }
  }

  #reportCounts(): void {
    if (this.#countsTimer !== undefined) return
    this.#countsTimer = setTimeout(() => {
      this.#countsTimer = undefined
      this.#title()
      this.#tell({ type: 'connections', ...this.#sessions.counts })
    }, COUNTS_EVERY)
    this.#countsTimer.unref()
  }

  #report(): WorkerReport {
    return { usage: this.#tenants.report, standings: this.#sandbox.standings() }
  }

  #title(): void {
    const { current, max, total }: Counts = this.#sessions.counts
    const listeners = this.#listeners.all
    const names = listeners.slice(0, MOST_NAMED).map(titleOf)
    if (listeners.length > MOST_NAMED) names.push(`${listeners.length - MOST_NAMED} more`)
    process.title = `pointsman worker ${this.#index} - ${names.join(', ') || 'no router'} - ${current}/${max}/${total} cur/max/tot conns`
  }

  #drain(deadline: number | null): void {
    this.#draining = true
    for (const listener of this.#listeners.all) listener.close()
    let forced = 0
    const timer = deadline === null ? undefined : setTimeout(() => (forced = this.#sessions.force()), deadline)
    this.#sessions.whenEmpty(() => {
      clearTimeout(timer)
      this.#tell({ type: 'connections', ...this.#sessions.counts })
      this.#tell({ type: 'drained', forced })
      void this.#exit()
    })
  }

  async #exit(): Promise<void> {
    await Promise.all([this.#sandbox.close(), this.#lookup.close(), this.#recorder?.close()])
    this.#resolver.close()
    this.#records.flush()
    this.#log.flush()
    process.exit(0)
  }

  // ── what the operator should know ──────────────────────────────────────────────────────────────────────────────────────────

  #decisionMade(outcome: Outcome): void {
    this.#firstDecisions.made(outcome)
    if (outcome.kind === 'decided' && outcome.remembered)
      this.#tenants.of(tenantOf(outcome.version.router)).remembered()
  }

  #routerFailed(router: string, { version, failure, message, position }: Undecided): void {
    const times = this.#failures.times(router)
    if (times === undefined) return
    const place = position && version ? locate(version.about.sourceMap, position.line, position.column) : undefined
    const where = place && { at: placeText(router, place) }
    this.#log.log.warn({ router, version: version?.about.number, failure, message, ...where, times }, 'router failed')
  }

  #upstreamRefused(refusal: Refusal): void {
    this.#tenants.of(refusal.tenant).bite('reach')
    const times = this.#refusals.times(refusal.tenant)
    if (times !== undefined) this.#log.log.warn({ ...refusal, times }, 'upstream not allowed')
  }

  #sandboxEvent(event: SandboxEvent): void {
    const { kind, ...facts } = event
    switch (kind) {
      case 'host-lost':
        return this.#log.log.warn(facts, 'sandbox host lost')
      case 'strike':
        return this.#log.log.warn(facts, 'router got a strike')
      case 'quarantined':
        return this.#log.log.error(facts, 'router quarantined')
      case 'limited':
        return this.#tenants.of(event.tenant).bite(event.limit)
      default:
        return kind satisfies never
    }
  }

  #tableRead({ error, ...report }: TableReport): void {
    if (error === undefined) this.#log.log.info(report, 'table read')
    else this.#log.log.error({ ...report, error }, 'table refused')
  }
}

/** A listener in the process title, of which the system shows the beginning only. */
function titleOf({ name, routers: { routers } }: Listener): string {
  return `${routers.length === 1 ? routers[0] : `${routers.length} routers`} ${name}`
}

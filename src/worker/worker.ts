import { shortenSlices } from 'router-sdk/own-process'
import { ProcessSandbox } from 'router-sdk/sandbox'
import type { Settings } from '../config/settings.ts'
import type { WorkerReport } from '../control/status.ts'
import { type Log, openLog } from '../log.ts'
import { FileLookup } from '../lookup/file-lookup.ts'
import { tableAllowance } from '../tenants/load-setting.ts'
import { policyOf, tenantOf } from '../tenants/policy.ts'
import { Reach } from '../tenants/reach.ts'
import { Tenants } from '../tenants/tenants.ts'
import { chooseTransport } from '../transport/choose.ts'
import { descriptorLimit, descriptorsLeft } from '../transport/descriptors.ts'
import { canSharePorts } from '../transport/port-sharing.ts'
import type { Transport } from '../transport/transport.ts'
import { ActiveRouters } from './active-routers.ts'
import { Decider, type Outcome } from './decide.ts'
import { Resolver } from './dns.ts'
import { FirstDecisions } from './first-decisions.ts'
import { Listener } from './listener.ts'
import { Listeners } from './listeners.ts'
import { Memo } from './memo.ts'
import type { BoundListen, FromWorker, ToWorker } from './messages.ts'
import { Notices } from './notices.ts'
import { Recorder } from './recorder.ts'
import { RefusalRecords } from './refusal-records.ts'
import { type Counts, Sessions, type WhyFull } from './sessions.ts'
import { Versions } from './versions.ts'

/** What a worker is told first. */
export type Start = Extract<ToWorker, { type: 'start' }>

/** Descriptors kept for logs, hosts, tables and the resolver; each connection takes two of the others. */
const RESERVED_DESCRIPTORS = 64
/** Milliseconds between two reports of the counts to the supervisor. */
const COUNTS_EVERY = 200
/** Listeners that the process title names. */
const MOST_NAMED = 8

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
  readonly #routers = new ActiveRouters()
  readonly #firstDecisions: FirstDecisions
  readonly #listeners = new Listeners((address) => this.#listen(address))
  readonly #versions: Versions
  readonly #sessions: Sessions
  readonly #records: RefusalRecords
  readonly #descriptors = descriptorLimit()
  readonly #recorder: Recorder | undefined
  readonly #tenants: Tenants
  readonly #notices: Notices
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
    this.#tenants = new Tenants(settings, {
      say: (bite) => this.#log.log.warn(bite, 'a limit was reached'),
      served: () => this.#routers.tenants,
      places: () => this.#sessions.places,
    })
    this.#notices = new Notices(this.#log.log, this.#tenants)
    const { record } = settings
    this.#recorder = record.file === null ? undefined : new Recorder(record.file, record)
    const allowance = (router: string) => tableAllowance(this.#settings, router)
    this.#memo = new Memo((tenant) => policyOf(this.#settings, tenant).limits.memoBytes)
    this.#lookup = new FileLookup(
      settings.tables.maxBytes,
      (report) => this.#notices.tableRead(report),
      allowance,
      (router) => this.#memo.forgetRouter(router),
    )
    this.#resolver = new Resolver(settings.dns)
    this.#reach = new Reach({
      settings: () => this.#settings,
      listeners: () => this.#listeners.all.map(({ address }) => address),
      refused: (refusal) => this.#notices.upstreamRefused(refusal),
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
      serves: (pid) => shortenSlices(pid, 'host'),
      gone: (cordon) => this.#memo.forgetCordon(cordon),
      report: (event) => this.#notices.sandboxEvent(event),
    })
    this.#firstDecisions = new FirstDecisions((counts) => tell({ type: 'first-decisions', counts }))
    this.#versions = new Versions({
      sandbox: this.#sandbox,
      lookup: this.#lookup,
      memo: this.#memo,
      routers: this.#routers,
      listeners: this.#listeners,
      firstDecisions: this.#firstDecisions,
      tell,
      changed: () => this.#title(),
    })
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
        void this.#versions.warm(message)
        return
      case 'activate':
        void this.#versions.activate(message)
        return
      case 'discard':
        return this.#versions.discard(message.id)
      case 'retire':
        return this.#versions.retire(message.router)
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
    const decider = new Decider({
      made: (outcome) => this.#decisionMade(outcome),
      memo: this.#memo,
      sandbox: this.#sandbox,
      lookup: this.#lookup,
      routers: this.#routers,
      logged: (version, lines) => this.#notices.routerSaid(version, lines),
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
          this.#notices.routerFailed(router, undecided)
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

  // ── connections ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #listen({ host, port }: BoundListen): Promise<Listener> {
    const opened = await Listener.open(
      this.#transport,
      { host, port, reusePort: canSharePorts() },
      (listener, connection) => this.#sessions.accept(listener, connection),
      (listener, error) => {
        this.#notices.acceptFailed(listener, error)
        this.#sessions.acceptFailed()
      },
    )
    if (this.#draining) opened.close()
    else if (this.#sessions.full) opened.pause()
    return opened
  }

  #connectionLimit(): number {
    const byDescriptors = Math.max(1, Math.floor((this.#descriptors - RESERVED_DESCRIPTORS) / 2))
    const configured = this.#settings.maxConnections
    return configured === 0 ? byDescriptors : Math.min(configured, byDescriptors)
  }

  #pauseListeners(why: WhyFull | undefined): void {
    this.#notices.accepting(why, this.#sessions.counts.current)
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

  #decisionMade(outcome: Outcome): void {
    this.#firstDecisions.made(outcome)
    if (outcome.kind === 'decided' && outcome.remembered)
      this.#tenants.of(tenantOf(outcome.version.router)).remembered()
  }
}

/** A listener in the process title, of which the system shows the beginning only. */
function titleOf({ name, routers: { routers } }: Listener): string {
  return `${routers.length === 1 ? routers[0] : `${routers.length} routers`} ${name}`
}

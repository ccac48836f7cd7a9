import { yieldOtherThreads } from 'router-sdk/process-files'
import { ConfigError } from '../config/config-error.ts'
import { type CommandLine, type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { type Controlled, ControlRefused, ControlServer } from '../control/server.ts'
import { controlSocket, prepareSocketFolder } from '../control/socket-path.ts'
import { type Log, openLog } from '../log.ts'
import { OperatorMistake } from '../operator-mistake.ts'
import { tenantOf } from '../tenants/policy.ts'
import { Recorder } from '../worker/recorder.ts'
import { accountText } from './account.ts'
import { Compiler } from './compiler.ts'
import { ConfigWatch } from './config-watch.ts'
import { Deployer } from './deploy.ts'
import { DirectoryStore } from './directory-store.ts'
import { detectHostLaunch } from './isolation.ts'
import { listenText, Ports } from './ports.ts'
import { needingRestart } from './restart.ts'
import { Shutdown } from './shutdown.ts'
import { statusOf } from './status.ts'
import type { Listing } from './store.ts'
import { assertApart, placesOf } from './tenant-places.ts'
import { setTitle } from './title.ts'
import type { Connections } from './worker-link.ts'
import { Workers } from './workers.ts'

/** Why the program cannot serve; the message is for the operator. */
export class StartFailure extends OperatorMistake {}

const TITLE_AFTER = 50
/** They look for saves and read files: workers come first. */
const THREADS_NICE = 10

interface Serving {
  readonly deployer: Deployer
  readonly workers: Workers
}

/** The parent of everything: starts the workers, keeps the routers deployed, and answers for all of it to the operator. */
export class Supervisor {
  /** What signals ask for. */
  readonly shutdown: Shutdown
  readonly #routers: string
  readonly #line: CommandLine
  readonly #store: DirectoryStore
  readonly #log: Log
  readonly #ports = new Ports()
  readonly #compiler: Compiler
  readonly #name: string
  #settings: Settings
  #connections: Connections = { current: 0, max: 0, total: 0 }
  #serving: Serving | undefined
  #control: ControlServer | undefined
  #cleanUp: (() => Promise<void>) | undefined
  #lastId = 0
  #titleTimer: NodeJS.Timeout | undefined
  readonly #config = new ConfigWatch(() => void this.#reconfigureInTurn('save'))
  #reconfiguring: Promise<void> = Promise.resolve()

  /** @throws StoreError, ConfigError */
  constructor(routers: string, line: CommandLine, { settings, file }: LoadedConfig) {
    this.#routers = routers
    this.#line = line
    this.#settings = settings
    this.#store = new DirectoryStore(routers, placesOf(settings))
    if (this.#store.hasTenants) assertApart(this.#store.path, placesOf(settings))
    this.#name = this.#store.name
    this.#log = openLog(settings.log)
    this.#compiler = new Compiler(this.#log)
    this.shutdown = new Shutdown({
      log: this.#log.log,
      drainTime: () => this.#settings.drainTime,
      connections: () => this.#connections.current,
      drain: async (deadline) => this.#serving?.workers.drain(deadline) ?? 0,
      stopWatching: () => this.#store.close(),
      close: () => this.close(),
    })
    if (settings.record.file !== null) prepareRecord(settings.record.file)
    this.#log.log.debug({ routers, config: file ?? 'none' }, 'starting')
  }

  /**
   * Serves every router that can be served.
   *
   * @throws StartFailure when there is none, or when something that the operator requires is missing.
   */
  async start(): Promise<void> {
    const { log } = this.#log
    const { isolation, hostMemory } = this.#settings
    // Nothing is started for nothing.
    assertSomething(this.#store.path, await this.#store.list())
    this.#compiler.start()
    const detected = detectHostLaunch({ ...isolation, hostMemory })
    const { remove, ...hostLaunch } = await startable('sandbox hosts', detected)
    this.#cleanUp = remove
    const { layers } = hostLaunch.untrusted ?? hostLaunch
    const missing = isolation.require.filter((layer) => !layers.includes(layer))
    if (missing.length > 0)
      throw new StartFailure(
        `isolation.require asks for ${missing.join(', ')}, which this machine does not give; it gives ${layers.join(', ')}`,
      )
    log.info({ layers: hostLaunch.layers, untrusted: layers }, 'isolation of sandbox hosts')
    const nextId = () => ++this.#lastId
    const connections = (now: Connections) => this.#countConnections(now)
    const workers = new Workers({
      settings: this.#settings,
      hostLaunch,
      log,
      connections,
      nextId,
      firstDecisions: (worker, counts) => this.#serving?.deployer.firstDecisions(worker, counts),
    })
    await startable('the workers', workers.start())
    const deployer = new Deployer({
      store: this.#store,
      workers,
      compiler: this.#compiler,
      ports: this.#ports,
      log,
      nextId,
      settings: this.#settings,
    })
    this.#serving = { deployer, workers }
    await this.#deployAll(deployer, await this.#watch(deployer))
    deployer.started()
    this.#compiler.yield()
    yieldOtherThreads(THREADS_NICE)
    // Whatever was saved since the start is noticed now.
    await this.#reconfigureInTurn('save')
    this.#setTitle()
    for (const { router, listen } of deployer.served) log.debug({ router }, `Listening on ${listenText(listen)}`)
    this.#control = await this.#openControl(deployer, workers)
    log.info(
      { routers: deployer.served.length, workers: workers.pids, control: this.#control?.path },
      'pointsman serves',
    )
  }

  /** A socket that was not asked for by name is a convenience: without it the routers are served all the same. */
  async #openControl(deployer: Deployer, workers: Workers): Promise<ControlServer | undefined> {
    const { socket } = this.#settings.control
    try {
      const path = controlSocket(socket, this.#routers)
      if (socket === 'auto') prepareSocketFolder()
      return path === undefined ? undefined : await ControlServer.open(path, this.#controlled(deployer, workers))
    } catch (error) {
      if (!(error instanceof ControlRefused || error instanceof ConfigError)) throw error
      if (socket !== 'auto') throw new StartFailure(`control.socket: ${error.message}`)
      this.#log.log.warn({ reason: error.message }, 'there is no control socket')
      return undefined
    }
  }

  #controlled(deployer: Deployer, workers: Workers): Controlled {
    return {
      status: async () => statusOf(deployer, await workers.reports(), this.#connections),
      release: async (tenant) => {
        const routers = deployer.routers.map(({ router }) => router).filter((router) => tenantOf(router) === tenant)
        if (routers.length === 0) return undefined
        workers.release(tenant)
        deployer.release(tenant)
        this.#log.log.info({ tenant, routers }, 'tenant released')
        return routers
      },
    }
  }

  /** HUP: reads the configuration again and opens the log files again. A broken configuration changes nothing. */
  async reload(): Promise<void> {
    this.#log.reopen()
    this.#serving?.workers.reopenLogs()
    await this.#reconfigureInTurn('HUP')
  }

  #reconfigureInTurn(why: string): Promise<void> {
    this.#reconfiguring = this.#reconfiguring.then(() => this.#reconfigure(why))
    return this.#reconfiguring
  }

  async #reconfigure(why: string): Promise<void> {
    const { log } = this.#log
    if (this.shutdown.begun) return
    try {
      const { settings } = await this.#config.read((files) => loadConfig(this.#line, undefined, files))
      if (this.#store.hasTenants) assertApart(this.#store.path, placesOf(settings))
      const needRestart = needingRestart(this.#settings, settings)
      if (why === 'save' && JSON.stringify(settings) === JSON.stringify(this.#settings)) return
      this.#settings = settings
      log.level = settings.log.level
      this.#serving?.workers.configure(settings)
      this.#serving?.deployer.configure(settings)
      log.info({ why, needRestart }, 'configuration reloaded')
      await this.#store.place(placesOf(settings))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      if (why === 'save' && this.#config.saving) return
      log.error({ why, reason: error.message }, 'configuration not reloaded: what was in force still is')
    }
  }

  /** Leaves nothing behind but the workers, which end when this process does. */
  async close(): Promise<void> {
    this.#config.close()
    this.#serving?.deployer.close()
    await Promise.all([this.#store.close(), this.#compiler.close(), this.#cleanUp?.()])
    this.#control?.close()
    this.#log.flush()
  }

  #watch(deployer: Deployer): Promise<Listing> {
    const { log } = this.#log
    return this.#store.watch({
      changed: (source, settle) => void deployer.deploy(source, settle).then(() => this.#setTitleSoon()),
      removed: (router) => void deployer.remove(router).then(() => this.#setTitleSoon()),
      tables: (source) => deployer.tables(source),
      refused: ({ path, message }) => log.error({ path, reason: message }, 'file refused'),
      failed: (error) =>
        log.error({ reason: error.message }, 'routers cannot be watched: those that are served still are'),
    })
  }

  async #deployAll(deployer: Deployer, { routers, refused }: Listing): Promise<void> {
    const { log } = this.#log
    for (const { path, message } of refused) log.error({ path, reason: message }, 'file refused')
    assertSomething(this.#store.path, { routers, refused })
    await Promise.all(routers.map((source) => deployer.deploy(source, 0)))
    if (deployer.served.length > 0) return
    const accounts = deployer.failures.map(
      ({ router, account }) => `router ${router} is refused: ${accountText(account)}`,
    )
    throw new StartFailure([...accounts, 'no router can be served'].join('\n\n'))
  }

  #countConnections(now: Connections): void {
    const changed = now.current !== this.#connections.current
    this.#connections = now
    if (changed) this.shutdown.connectionsChanged()
    this.#setTitleSoon()
  }

  /** Thousands of routers may come at once. */
  #setTitleSoon(): void {
    if (this.#titleTimer !== undefined) return
    this.#titleTimer = setTimeout(() => {
      this.#titleTimer = undefined
      this.#setTitle()
    }, TITLE_AFTER).unref()
  }

  #setTitle(): void {
    const served = this.#serving?.deployer.served ?? []
    const [first] = served
    const listen =
      first === undefined ? 'no router' : served.length === 1 ? listenText(first.listen) : `${served.length} routers`
    setTitle({ name: this.#name, listen, connections: this.#connections })
  }
}

async function startable<T>(what: string, starting: Promise<T>): Promise<T> {
  try {
    return await starting
  } catch (error) {
    throw new StartFailure(`${what} cannot be started: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function assertSomething(path: string, { routers, refused }: Listing): void {
  if (routers.length > 0) return
  const hint = `there is no router in ${path}: put a .ts file there whose default export is defineRouter({ … })`
  throw new StartFailure([...refused.map((entry) => `${entry.path}: ${entry.message}`), hint].join('\n'))
}

function prepareRecord(file: string): void {
  try {
    Recorder.prepare(file)
  } catch (error) {
    throw new ConfigError(`cannot write the record ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

import type { Log } from '../log.ts'

export interface ShutdownOptions {
  readonly log: Log['log']
  /** Milliseconds that TERM and INT leave connections. */
  readonly drainTime: () => number
  readonly connections: () => number
  /** Ends as `Workers.drain` does; called again it is in more of a hurry. */
  readonly drain: (deadline: number | null) => Promise<number>
  /** No new version from now on. */
  readonly stopWatching: () => Promise<void>
  /** Ends everything else; the process exits then. */
  readonly close: () => Promise<void>
}

/** The way to the end: no new connections, those that flow have their time, and the exit code says whether that was enough. */
export class Shutdown {
  readonly #options: ShutdownOptions
  #begun = false

  constructor(options: ShutdownOptions) {
    this.#options = options
  }

  get begun(): boolean {
    return this.#begun
  }

  /** TERM and INT: waits for connections as long as is configured, and ends with 0, or 1 when some were ended by force. */
  soon(signal: string): void {
    const limit = this.#options.drainTime()
    if (this.#begun) return this.#hurry(signal, signal === 'SIGINT' ? 0 : limit)
    this.#announce(signal, `Maximum time to wait for connections is ${limit / 1000} seconds.`)
    void this.#stop(limit)
  }

  /** QUIT: waits for every connection, however long it takes. */
  patiently(signal: string): void {
    if (this.#begun) return
    this.#announce(signal)
    void this.#stop(null)
  }

  /** Called when their number has changed. */
  connectionsChanged(): void {
    if (this.#begun) this.#announceWaiting()
  }

  #announce(signal: string, ...more: string[]): void {
    const { log } = this.#options
    log.info(`Received ${signal.replace('SIG', '')} signal. No longer accepting new connections.`)
    for (const line of more) log.info(line)
    this.#announceWaiting()
  }

  #announceWaiting(): void {
    const connections = this.#options.connections()
    if (connections > 0) this.#options.log.info(`Waiting for ${connections} connections to finish.`)
  }

  async #stop(deadline: number | null): Promise<void> {
    this.#begun = true
    const { log, drain, stopWatching, close } = this.#options
    const drained = drain(deadline)
    await stopWatching()
    const forced = await drained
    log.info({ forced }, forced === 0 ? 'every connection has finished' : 'connections were ended by force')
    await close()
    process.exit(forced === 0 ? 0 : 1)
  }

  #hurry(signal: string, deadline: number): void {
    const { log, drain } = this.#options
    log.info({ deadline }, `Received ${signal.replace('SIG', '')} signal. Connections are ended sooner.`)
    void drain(deadline)
  }
}

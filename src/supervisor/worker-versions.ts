import type { SandboxVersion } from 'router-sdk/sandbox'
import type { Log } from '../log.ts'
import type { AboutVersion, BoundListen, Tables } from '../worker/messages.ts'
import { type WorkerLink, WorkerLost } from './worker-link.ts'

const MOST_TRIES = 5
/** Milliseconds after a first failure, doubled each time. */
const FIRST_PAUSE = 200

/** A version with all that a worker needs to serve it. */
export interface Deployment {
  readonly version: SandboxVersion
  readonly about: AboutVersion
  readonly tables: Tables
  /** So many of its first decisions are counted, and reported. Default: none. */
  readonly watch?: number
}

/** What a router is to be served with. */
export interface Active extends Deployment {
  readonly listen: BoundListen
}

/** What each router is to be served with, what each worker has, and bringing the one to the other. */
export class WorkerVersions {
  readonly #active = new Map<string, Active>()
  /** By router, the id of the version. */
  readonly #has = new WeakMap<WorkerLink, Map<string, number>>()
  readonly #catchingUp = new WeakMap<WorkerLink, Promise<void>>()
  readonly #isRunning: (link: WorkerLink) => boolean
  readonly #log: Log['log']

  constructor(isRunning: (link: WorkerLink) => boolean, log: Log['log']) {
    this.#isRunning = isRunning
    this.#log = log
  }

  get(router: string): Active | undefined {
    return this.#active.get(router)
  }

  set(active: Active): void {
    this.#active.set(active.version.router, active)
  }

  delete(router: string, links: Iterable<WorkerLink>): void {
    this.#active.delete(router)
    for (const link of links) this.#has.get(link)?.delete(router)
  }

  /** The version that a worker serves a router with. */
  of(link: WorkerLink, router: string): number | undefined {
    return this.#has.get(link)?.get(router)
  }

  /** A worker serves a router with a version. */
  serves(link: WorkerLink, { router, id }: Pick<SandboxVersion, 'router' | 'id'>): void {
    const has = this.#has.get(link) ?? new Map<string, number>()
    this.#has.set(link, has.set(router, id))
  }

  /** Brings workers to what is active. */
  async catchUpAll(links: Iterable<WorkerLink>): Promise<void> {
    await Promise.all([...links].map((link) => this.catchUp(link)))
  }

  /** Brings one worker to what is active, one thing after the other. */
  catchUp(link: WorkerLink): Promise<void> {
    const before = this.#catchingUp.get(link) ?? Promise.resolve()
    const caughtUp = before.then(() => this.#sendMissing(link))
    this.#catchingUp.set(link, caughtUp)
    return caughtUp
  }

  async #sendMissing(link: WorkerLink): Promise<void> {
    const tries = new Map<number, number>()
    for (;;) {
      const missing = this.#missing(link)
      if (missing === undefined || !this.#isRunning(link)) return
      const { id, router } = missing.version
      try {
        await this.#send(link, missing)
      } catch (error) {
        if (error instanceof WorkerLost) return link.kill()
        const tried = (tries.get(id) ?? 0) + 1
        tries.set(id, tried)
        this.#log.error({ worker: link.index, router, why: String(error), tried }, 'router not served by worker')
        if (tried >= MOST_TRIES) this.serves(link, missing.version)
        else await new Promise((resume) => setTimeout(resume, FIRST_PAUSE * 2 ** (tried - 1)))
      }
    }
  }

  #missing(link: WorkerLink): Active | undefined {
    for (const active of this.#active.values())
      if (this.of(link, active.version.router) !== active.version.id) return active
    return undefined
  }

  async #send(link: WorkerLink, { version, about, tables, listen }: Active): Promise<void> {
    const { id, router } = version
    await link.warm({ type: 'warm', version, about, tables })
    if (this.#active.get(router)?.version.id !== id) return link.send({ type: 'discard', id })
    await link.activate({ type: 'activate', id, router, listen })
    this.serves(link, version)
  }
}

import type { RouterDescription } from 'router-sdk/sandbox'
import { tenantOf } from '../tenants/policy.ts'
import type { AboutVersion } from './messages.ts'

/** A router version that has been loaded, described and asked a first question. */
export interface WarmVersion {
  readonly id: number
  readonly router: string
  readonly about: AboutVersion
  readonly description: RouterDescription
}

/**
 * Which version answers for each router in this worker. A swap is one assignment: a question asked before it is answered by the
 * old version, one asked after it by the new. Connections refer to a router by name only.
 */
export class ActiveRouters {
  readonly #active = new Map<string, WarmVersion>()
  readonly #warm = new Map<number, WarmVersion>()

  get(router: string): WarmVersion | undefined {
    return this.#active.get(router)
  }

  /** Those who have active versions. */
  get tenants(): Set<string> {
    return new Set([...this.#active.keys()].map(tenantOf))
  }

  warmed(version: WarmVersion): void {
    this.#warm.set(version.id, version)
  }

  /** Makes a warmed version the active one; the answer is the version that it replaces. */
  activate(id: number): WarmVersion | undefined {
    const version = this.#warm.get(id)
    if (version === undefined) throw new Error(`version ${id} was not warmed`)
    this.#warm.delete(id)
    const replaced = this.#active.get(version.router)
    this.#active.set(version.router, version)
    return replaced
  }

  discard(id: number): void {
    this.#warm.delete(id)
  }

  retire(router: string): WarmVersion | undefined {
    const retired = this.#active.get(router)
    this.#active.delete(router)
    return retired
  }
}

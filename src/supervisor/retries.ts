import { CompileFailure } from 'router-sdk/diagnostics'
import { PortRefused } from './ports.ts'
import { OneTooMany } from './tenant-allowance.ts'
import { WarmFailure } from './worker-link.ts'

/** Milliseconds from a failure to the next try, doubled each time. */
const FIRST = 5000
const LONGEST = 300_000

/**
 * Routers that could not be served through no fault of their own (the compiler was lost, no sandbox host could be had, a worker
 * did not answer, a listener could not be opened) are tried again; the others when they are saved.
 */
export class Retries {
  readonly #again: (router: string) => void
  readonly #first: number
  readonly #waiting = new Map<string, { readonly pause: number; readonly timer: NodeJS.Timeout }>()
  #closed = false

  /** `first`: milliseconds until the first try. */
  constructor(again: (router: string) => void, first: number = FIRST) {
    this.#again = again
    this.#first = first
  }

  /** A deployment failed with `error`: the milliseconds until it is tried again, if it is. */
  after(router: string, error: unknown): number | undefined {
    const before = this.#waiting.get(router)?.pause
    this.forget(router)
    if (this.#closed || isOwnFault(error)) return undefined
    const pause = before === undefined ? this.#first : Math.min(2 * before, LONGEST)
    const timer = setTimeout(() => this.#again(router), pause).unref()
    this.#waiting.set(router, { pause, timer })
    return pause
  }

  /** It is served, or gone. */
  forget(router: string): void {
    clearTimeout(this.#waiting.get(router)?.timer)
    this.#waiting.delete(router)
  }

  close(): void {
    this.#closed = true
    for (const router of [...this.#waiting.keys()]) this.forget(router)
  }
}

/** Whether the router, or what it asks for, has to change first. */
function isOwnFault(error: unknown): boolean {
  if (error instanceof WarmFailure) return error.fault === 'router'
  return error instanceof CompileFailure || error instanceof PortRefused || error instanceof OneTooMany
}

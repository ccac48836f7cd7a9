import { performance } from 'node:perf_hooks'
import type { Settings } from '../config/settings.ts'
import type { BoundListen } from '../worker/messages.ts'
import type { Ports } from './ports.ts'
import type { Deployment } from './worker-versions.ts'
import type { Workers } from './workers.ts'

/** Milliseconds by what they were spent on. */
export type Phases = Record<string, number>

export interface Swapped {
  readonly listen: BoundListen
  /** Some of what the router listened on before is free now. */
  readonly givesBack: boolean
}

export interface SwapOptions {
  readonly workers: Workers
  readonly ports: Ports
  readonly settings: Settings
  readonly ms: Phases
  /** Called when every worker has the version; what it throws stops the swap. */
  readonly warmed?: () => void
}

/** Warms a version in every worker, claims its address, and switches. Whatever fails leaves what was served before. */
export async function swap(deployment: Deployment, options: SwapOptions): Promise<Swapped> {
  const { workers, ports, settings, ms, warmed } = options
  const { id, router } = deployment.version
  const description = await timed(ms, 'warm', () => workers.warm(deployment))
  try {
    warmed?.()
    const claim = await ports.claim(router, description, settings)
    try {
      await timed(ms, 'activate', () => workers.activate(deployment, claim.bound))
      claim.confirm()
      return { listen: claim.bound, givesBack: claim.givesBack }
    } finally {
      claim.undo()
    }
  } catch (error) {
    workers.discard(id)
    throw error
  }
}

async function timed<T>(ms: Phases, phase: string, act: () => Promise<T>): Promise<T> {
  const started = performance.now()
  try {
    return await act()
  } finally {
    ms[phase] = performance.now() - started
  }
}

export function rounded(ms: Phases): Phases {
  return Object.fromEntries(Object.entries(ms).map(([phase, value]) => [phase, Math.round(value)]))
}

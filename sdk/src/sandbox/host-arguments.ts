import type { EngineLimits } from './engine.ts'

export interface HostArguments {
  readonly limits: EngineLimits
  readonly penalty: boolean
}

/** A host's command line: it has no environment and reads no file for its limits. */
export function formatHostArguments({ limits, penalty }: HostArguments): string[] {
  const { decisionTime, loadTime, isolateMemory } = limits
  return [decisionTime, loadTime, isolateMemory, penalty ? 1 : 0].map(String)
}

/** @throws when an argument is not a whole number above zero: isolated-vm would take it for "no limit". */
export function parseHostArguments(words: readonly string[]): HostArguments {
  const [decisionTime = 0, loadTime = 0, isolateMemory = 0, penalty = 0] = words.map(Number)
  for (const limit of [decisionTime, loadTime, isolateMemory])
    if (!Number.isInteger(limit) || limit < 1)
      throw new Error(`a sandbox host was started with ${JSON.stringify(words)}`)
  return { limits: { decisionTime, loadTime, isolateMemory }, penalty: penalty === 1 }
}

import type { Outcome } from './row.ts'

/** Milliseconds from a hostile question to the next good answer of another router that was asked right after it. */
export class Recovery {
  readonly #times = new Map<Outcome, number[]>()

  add(outcome: Outcome, milliseconds: number): void {
    this.#times.set(outcome, [...(this.#times.get(outcome) ?? []), milliseconds])
  }

  table(): string {
    const lines = [...this.#times]
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([outcome, times]) => {
        const sorted = [...times].sort((one, other) => one - other)
        const median = sorted[Math.floor(sorted.length / 2)] ?? 0
        return `${outcome}: ${sorted.length} questions, median ${median.toFixed(1)} ms, max ${(sorted.at(-1) ?? 0).toFixed(1)} ms`
      })
    return ['recovery, hostile question → next good decision of another router', ...lines].join('\n')
  }
}

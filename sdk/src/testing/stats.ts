/** CPU times of decisions, in microseconds. */
export interface StatsSummary {
  readonly decisions: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Collects CPU times in buckets that are 2 % wide, however many there are. */
export class DecisionStats {
  readonly #buckets: number[] = []
  #decisions = 0
  #max = 0

  /** `cpu` in microseconds. */
  add(cpu: number): void {
    const bucket = cpu < 1 ? 0 : 1 + Math.floor(Math.log(cpu) / WIDTH)
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#decisions += 1
    this.#max = Math.max(this.#max, cpu)
  }

  summary(): StatsSummary {
    const { p50, p90, p99 } = { p50: this.#quantile(0.5), p90: this.#quantile(0.9), p99: this.#quantile(0.99) }
    return { decisions: this.#decisions, p50, p90, p99, max: this.#max }
  }

  #quantile(part: number): number {
    let left = Math.ceil(this.#decisions * part)
    for (const [bucket, count = 0] of this.#buckets.entries()) {
      left -= count
      if (left <= 0) return bucket === 0 ? 0 : Math.min(this.#max, Math.round(Math.exp((bucket - 0.5) * WIDTH)))
    }
    return this.#max
  }
}

const WIDTH = Math.log(1.02)

/** Microseconds for a reader. */
export function cpuText(microseconds: number): string {
  return microseconds < 1000 ? `${microseconds} µs` : `${(microseconds / 1000).toFixed(1)} ms`
}

/** A figure that was measured several times. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Of at least one value; the median of an even number is the upper one of the two in the middle. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const [least = Number.NaN] = sorted
  return { median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, least, most: sorted.at(-1) ?? Number.NaN }
}

/** `share` is 0 to 1: 0.99 gives the value that 99 of 100 do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/**
 * What ours is to theirs, each value divided by that of the same round: rounds are seconds apart, and a machine's mood lasts longer
 * than that.
 */
export function ratios(ours: readonly number[], theirs: readonly number[]): Spread {
  return spreadOf(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)))
}

/** A figure for a reader: three digits that count, no more. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(size >= 10 ? 1 : 2)
}

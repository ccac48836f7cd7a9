/** Ratios against peers, the same work in the same run; less is better, for each. */
export type Ratios = Readonly<Record<string, number>>

export interface Judgement {
  readonly name: string
  readonly verdict: 'holds' | 'regressed' | 'skipped'
  readonly before: number
  /** `undefined` where it could not be measured. */
  readonly now: number | undefined
  /** What it may be at most. */
  readonly limit: number
}

/** How much worse a ratio may be than it was. */
export const TOLERANCE = 1.3

/** What has become of each ratio that is kept. One that was not measured is skipped; one that is not kept is nobody's business. */
export function judge(kept: Ratios, measured: Ratios): Judgement[] {
  return Object.entries(kept).map(([name, before]) => {
    const now = measured[name]
    const limit = before * TOLERANCE
    const known = now !== undefined && Number.isFinite(now)
    return { name, before, now, limit, verdict: !known ? 'skipped' : now > limit ? 'regressed' : 'holds' }
  })
}

/** The better of two measurements: a machine that is busy elsewhere makes ratios worse, and none better. */
export function better(first: Ratios, second: Ratios): Ratios {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])]
  return Object.fromEntries(names.map((name) => [name, Math.min(first[name] ?? Infinity, second[name] ?? Infinity)]))
}

export function told({ name, verdict, before, now, limit }: Judgement): string {
  const figures =
    now === undefined ? 'not measured' : `${now.toFixed(2)} ×, was ${before.toFixed(2)}, at most ${limit.toFixed(2)}`
  return `${verdict.padEnd(10)} ${name}: ${figures}`
}

/**
 * Reads what is kept.
 *
 * @throws when it is anything but names with numbers above 0.
 */
export function parseRatios(text: string): Ratios {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) throw new Error(`ratios are an object of numbers, not ${text}`)
  const entries = Object.entries(value).map(([name, ratio]: [string, unknown]): [string, number] => {
    if (typeof ratio !== 'number' || !(ratio > 0))
      throw new Error(`the ratio "${name}" is a number above 0, not ${ratio}`)
    return [name, ratio]
  })
  return Object.fromEntries(entries)
}

/** What a router keeps of its decisions. */
export interface Growth {
  readonly bytesPerDecision: number
  /** What it kept while it was watched, the first third left out, and of how many decisions. */
  readonly bytes: number
  readonly decisions: number
}

interface Sample {
  readonly decisions: number
  /** Held once garbage was collected. */
  readonly bytes: number
}

/** What is measured in this share of the decisions is left out: code that is compiled, caches that fill. */
const WARM_UP = 1 / 3
/** Samples in each half of what is judged. */
const LEAST_SAMPLES = 3
/** A cache of a thousand entries is full long before. */
const LEAST_DECISIONS = 3000
const LEAST_BYTES = 65_536
const LEAST_PER_DECISION = 16
/** The slope of each half, as a share of the whole: a jump or a cache that is full by now leaves one of them flat. */
const LEAST_SHARE = 0.4
/** From here on more decisions would tell nothing new. */
const PLENTY = { decisions: 6000, bytes: 262_144 } as const

/** Whether what a router holds grows with its decisions: told how much it holds every now and then. */
export class GrowthWatch {
  #samples: Sample[] = []
  /** The most that was held before a fall, and whether it had grown to that. */
  #peak = 0
  #fell = false

  /** It holds `bytes` after so many decisions in all. */
  add(decisions: number, bytes: number): void {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (first !== undefined && last !== undefined && last.bytes - bytes > fall(first, last)) {
      this.#peak = Math.max(this.#peak, last.bytes)
      this.#fell ||= this.#rising() !== undefined
      this.#samples = []
    }
    this.#samples.push({ decisions, bytes })
  }

  /** It looks like growth, and more decisions would make it certain, or show that it is none. */
  get suspects(): boolean {
    const { growth } = this
    if (growth === undefined) return this.#fell || this.#rising() !== undefined
    return growth.decisions < PLENTY.decisions || growth.bytes < PLENTY.bytes
  }

  get growth(): Growth | undefined {
    const growth = this.#rising()
    if (growth === undefined || growth.decisions < LEAST_DECISIONS || growth.bytes < LEAST_BYTES) return undefined
    // What falls again and again has a bound; an isolate that was replaced has none, if it ever gets beyond where it was.
    const held = this.#samples.at(-1)?.bytes ?? 0
    if (this.#peak > 0 && held < this.#peak + LEAST_BYTES) return undefined
    return isSteady(this.#judged, growth.bytesPerDecision) ? growth : undefined
  }

  get #judged(): Sample[] {
    const start = this.#samples[0]?.decisions ?? 0
    const end = this.#samples.at(-1)?.decisions ?? 0
    return this.#samples.filter(({ decisions }) => decisions >= start + (end - start) * WARM_UP)
  }

  /** All in all there is more and more, whatever it was in between. */
  #rising(): Growth | undefined {
    const judged = this.#judged
    const [first] = judged
    const last = judged.at(-1)
    if (first === undefined || last === undefined) return undefined
    const bytesPerDecision = slope(judged)
    const bytes = last.bytes - first.bytes
    const decisions = last.decisions - first.decisions
    // Of few decisions little is kept, whatever is kept of each.
    const little = Math.min(LEAST_BYTES / 2, LEAST_PER_DECISION * decisions)
    return bytesPerDecision < LEAST_PER_DECISION || bytes < little ? undefined : { bytesPerDecision, bytes, decisions }
  }
}

/** More than an array gives back that had grown too far: half of all that came, and not little. */
function fall(first: Sample, last: Sample): number {
  return Math.max(LEAST_BYTES, (last.bytes - first.bytes) / 2)
}

function isSteady(samples: readonly Sample[], whole: number): boolean {
  const [from, to] = [samples[0]?.decisions ?? 0, samples.at(-1)?.decisions ?? 0]
  const middle = (from + to) / 2
  return [
    samples.filter(({ decisions }) => decisions <= middle),
    samples.filter(({ decisions }) => decisions >= middle),
  ].every((half) => half.length >= LEAST_SAMPLES && slope(half) >= LEAST_SHARE * whole)
}

/** Bytes for each decision, by least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [decisions, bytes] = [mean((sample) => sample.decisions), mean((sample) => sample.bytes)]
  const spread = mean((sample) => (sample.decisions - decisions) ** 2)
  return spread > 0 ? mean((sample) => (sample.decisions - decisions) * (sample.bytes - bytes)) / spread : 0
}

/** Growth for a reader. */
export function growthText({ bytesPerDecision, bytes, decisions }: Growth): string {
  const each = Math.round(bytesPerDecision).toLocaleString('en')
  const all = bytes < 1_048_576 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`
  return `memory grows by about ${each} bytes with each decision (${all} over ${decisions.toLocaleString('en')})`
}

import { Client } from '../kit/sockets.ts'

/** What one new connection met. */
export interface Probe {
  /** The newest version known to be active when it began, and the newest that had been saved when it was answered. */
  readonly active: number
  readonly saved: number
  /** The upstream's name, or why there was no answer. */
  readonly answer: string
  /** When it was answered, on the clock of `performance.now()`. */
  readonly at: number
}

export interface ProberOptions {
  readonly port: number
  readonly active: () => number
  readonly saved: () => number
}

const PATIENCE = 10_000
/** Milliseconds between two new connections. */
const EVERY = 2

/** Opens new connections all the time, whatever becomes of those before, and asks which upstream each has reached. */
export class Prober {
  readonly probes: Probe[] = []
  readonly #options: ProberOptions
  readonly #asking = new Set<Promise<unknown>>()
  readonly #timer: NodeJS.Timeout

  constructor(options: ProberOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#begin(), EVERY)
  }

  /** Those that were not answered by a version between the newest active one and the newest saved one. */
  get wrong(): Probe[] {
    return this.probes.filter(({ active, saved, answer }) => {
      const version = /^v(\d+)$/.exec(answer)?.[1]
      return version === undefined || Number(version) < active || Number(version) > saved
    })
  }

  /** When those that were opened have been answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#asking)
  }

  #begin(): void {
    const asking = this.#probe().then((probe) => {
      this.probes.push(probe)
      this.#asking.delete(asking)
    })
    this.#asking.add(asking)
  }

  async #probe(): Promise<Probe> {
    const { port, active, saved } = this.#options
    const before = active()
    const answer = await ask(port)
    return { active: before, saved: saved(), answer, at: performance.now() }
  }
}

/** The name of the upstream that a new connection reaches, or what went wrong. */
export async function ask(port: number): Promise<string> {
  try {
    const client = await Client.connect(port)
    const answer = await client.write('?\n').rest(PATIENCE)
    const { error } = client
    client.destroy()
    return error === undefined ? answer : `${answer} and then ${error.message}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

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

/** Opens one new connection after the other and asks which upstream it has reached. */
export class Prober {
  readonly probes: Probe[] = []
  readonly #options: ProberOptions
  readonly #stopped: Promise<void>
  #stop = false

  constructor(options: ProberOptions) {
    this.#options = options
    this.#stopped = this.#run()
  }

  /** Those that were not answered by a version between the newest active one and the newest saved one. */
  get wrong(): Probe[] {
    return this.probes.filter(({ active, saved, answer }) => {
      const version = /^v(\d+)$/.exec(answer)?.[1]
      return version === undefined || Number(version) < active || Number(version) > saved
    })
  }

  async stop(): Promise<void> {
    this.#stop = true
    await this.#stopped
  }

  async #run(): Promise<void> {
    while (!this.#stop) this.probes.push(await this.#probe())
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

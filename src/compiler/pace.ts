import { RecentUse } from 'router-sdk/recent-use'

/**
 * How nice the session is in which routers are compiled, where the kernel shares out the processor by session: it then is what
 * counts against workers and sandbox hosts. As little as can be, as a rule; more while somebody who saves now and then has waited
 * for long. Who saves all the time has his neighbours wait behind nothing of his.
 *
 * Measured on two processors: neighbours of ten tenants that save twenty times a second wait 12 ms for their first byte (99 of 100)
 * where the session has 19, 16 with 17, and 22 to 26 with 12. A save on a machine whose processors are busy with other things takes
 * 5 to 36 seconds with 19, 2.4 with 15, and 1 with 12. Where twelve other programs want a processor each it takes 8 to 10 seconds
 * with 17, and 3 to 4 since whoever gets next to nothing has a third of what a worker has for a while (`starvation.ts`).
 */
export const SESSION_NICE = { patient: 17, hurried: 12, starved: 5 } as const
/** Milliseconds that a router is waited for in patience. */
const PATIENCE = 300
/** Routers of one owner of late from which on he saves all the time; half of them are forgotten after HALF_LIFE milliseconds. */
const OFTEN = 3
const HALF_LIFE = 10_000

/** What is compiled, for whom, and whether that is to be hurried. */
export class Pace {
  readonly #changed: (hurried: boolean) => void
  readonly #saves: RecentUse
  #hurrying = 0

  /** `now` is a clock of milliseconds. */
  constructor(changed: (hurried: boolean) => void, now?: () => number) {
    this.#changed = changed
    this.#saves = new RecentUse({ halfLife: HALF_LIFE, ...(now && { now }) })
  }

  /** A router of `owner` is begun; what is given back is called when it is done. */
  begin(owner: string): () => void {
    if (this.#saves.add(owner, 1) > OFTEN) return () => {}
    let hurried = false
    const timer = setTimeout(() => {
      hurried = true
      if (this.#hurrying++ === 0) this.#changed(true)
    }, PATIENCE)
    return () => {
      clearTimeout(timer)
      if (hurried && --this.#hurrying === 0) this.#changed(false)
    }
  }
}

import type { HostLoss } from './host-process.ts'
import { type Asking, HostGone, type Job } from './jobs.ts'
import { failure } from './replies.ts'

export interface BlameOptions {
  /** The version of a job is to be asked on. */
  readonly serves: (job: Job) => boolean
  readonly askAgain: (asking: Asking) => void
  /** A router cost a host. */
  readonly strike: (router: string, reason: string) => void
  /** A host crashed under a router: whether that is no coincidence. */
  readonly suspect: (router: string) => boolean
}

const MAX_LOSSES = 3
/** A host that crashed, or outgrew its memory, counts against its question twice as much as one that was killed for no question's sake. */
const SUSPICION = { crashed: 2, memory: 2, exited: 1, cpu: 1, deadline: 4, violation: 4 } as const satisfies Record<
  HostLoss,
  number
>
const CULPRIT = 4

/** Whose fault the loss of a host was, and what becomes of what it owed. */
export class Blame {
  readonly #options: BlameOptions

  constructor(options: BlameOptions) {
    this.#options = options
  }

  /** `owed`: what the host had not answered, oldest first: it was busy with the first. */
  lost(loss: HostLoss, detail: string, owed: readonly Job[]): void {
    const [head, ...behind] = owed
    if (head !== undefined) this.#blame(head, loss, detail)
    for (const job of behind) this.#askAgain(job)
  }

  #blame(job: Job, loss: HostLoss, detail: string): void {
    const byItself = loss !== 'deadline' && loss !== 'violation'
    const serves = this.#options.serves(job)
    const { router } = job.version
    if (job.kind === 'loading') {
      if (serves && loss !== 'exited' && loss !== 'cpu' && (!byItself || ++job.held.lostLoading > 1))
        this.#options.strike(router, 'killed')
      return job.fail(new HostGone(detail, byItself ? 'suspect' : 'certain'))
    }
    if (job.kind === 'measuring') return job.fail()
    job.suspect = true
    job.suspicion += SUSPICION[loss]
    if (!serves) return job.fail(failure(byItself ? 'unavailable' : 'killed', detail, 0))
    if (job.suspicion < CULPRIT) {
      if (loss === 'crashed' && this.#options.suspect(router)) this.#options.strike(router, 'crashed')
      return this.#options.askAgain(job)
    }
    this.#options.strike(router, 'killed')
    job.fail(failure('killed', `its sandbox host was killed: ${detail}`, 0))
  }

  #askAgain(job: Job): void {
    if (job.kind === 'loading') return job.fail(new HostGone('its sandbox host was lost', 'none'))
    if (job.kind === 'measuring') return job.fail()
    if (!this.#options.serves(job) || ++job.lost > MAX_LOSSES)
      return job.fail(failure('unavailable', 'its sandbox host was lost', 0))
    this.#options.askAgain(job)
  }
}

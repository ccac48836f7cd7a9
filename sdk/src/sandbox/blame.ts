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
const SUSPECTED = 2

/** Whose fault the loss of a host was, and what becomes of what it owed. */
export class Blame {
  readonly #options: BlameOptions

  constructor(options: BlameOptions) {
    this.#options = options
  }

  /**
   * `owed`: what the host had not answered, oldest first: it was busy with the first. `together`: or with one of those right behind it
   * about the same version, which it may have asked by one call.
   */
  lost(loss: HostLoss, detail: string, owed: readonly Job[], together: boolean): void {
    const [head] = owed
    if (head === undefined) return
    const suspects = together ? beginning(owed) : []
    if (suspects.length > 1) this.#suspectEach(suspects, loss, detail)
    else this.#blame(head, loss, detail)
    for (const job of owed.slice(Math.max(1, suspects.length))) this.#askAgain(job)
  }

  /**
   * Whether their router cost the host is as certain as it is of a single question; which of them it was shows where each is asked by
   * itself.
   */
  #suspectEach(suspects: readonly Asking[], loss: HostLoss, detail: string): void {
    for (const [at, asking] of suspects.entries()) {
      asking.suspect = true
      asking.suspicion += Math.min(SUSPICION[loss], SUSPECTED)
      if (!this.#options.serves(asking)) asking.fail(failure('unavailable', detail, 0))
      else if (at === 0) this.#strikeFor(loss, asking.version.router)
    }
    for (const asking of suspects) if (this.#options.serves(asking)) this.#options.askAgain(asking)
  }

  #strikeFor(loss: HostLoss, router: string): void {
    if (SUSPICION[loss] >= CULPRIT) this.#options.strike(router, 'killed')
    else if (loss === 'crashed' && this.#options.suspect(router)) this.#options.strike(router, 'crashed')
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
      this.#strikeFor(loss, router)
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

/** The questions that stand first, about one version. */
function beginning(owed: readonly Job[]): Asking[] {
  const questions: Asking[] = []
  for (const job of owed) {
    if (job.kind !== 'asking' || job.version.id !== (questions[0] ?? job).version.id) break
    questions.push(job)
  }
  return questions
}

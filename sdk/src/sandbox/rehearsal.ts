import { firstFailure, refusalText } from './first-question.ts'
import type { Held } from './held.ts'
import type { HostPool } from './host-pool.ts'
import { Asking, HostGone, Loading } from './jobs.ts'
import { LoadFailure, type Question, type Reply, type RouterDescription } from './sandbox.ts'

const MAX_REHEARSALS = 4
/** Hosts in a row that die by themselves while rehearsing one version: the last one's death is the version's fault. */
const MAX_SUSPICIONS = 3
/** Rehearsals of one version whose first answer may be too slow. */
const MAX_SLOW = 3

class SlowFirstAnswer extends LoadFailure {}

/**
 * Loads a version in the spare of `pool` and asks it a first question there, where it costs nobody anything. `closed` says when
 * to give up.
 *
 * A spare may be lost through no fault of the version: then it is rehearsed again. So is one that was slow, because a refusal
 * stands until the next save, and code that runs for the first time on a busy machine may be slow through no fault of its own.
 * One that fails leaves nothing behind in the spare, which serves others some day.
 */
export async function rehearse(pool: HostPool, held: Held, closed: () => boolean): Promise<RouterDescription> {
  let suspicions = 0
  let slow = 0
  for (let attempt = 1; ; attempt++) {
    if (closed()) throw new Error('the sandbox is closed')
    try {
      return await rehearseOnce(pool, held)
    } catch (error) {
      pool.unload(held.version.id)
      if (error instanceof SlowFirstAnswer && ++slow < MAX_SLOW && !closed()) continue
      if (!(error instanceof HostGone) || closed()) throw error
      if (error.blame === 'suspect') suspicions += 1
      if (error.blame === 'certain' || suspicions === MAX_SUSPICIONS)
        throw new LoadFailure(`its sandbox host was lost while loading it: ${error.message}`)
      if (attempt === MAX_REHEARSALS) throw error
    }
  }
}

async function rehearseOnce(pool: HostPool, held: Held): Promise<RouterDescription> {
  const description = await new Promise<RouterDescription>((resolve, reject) => {
    const loading = new Loading(held, (result) => {
      const { cordon, limits } = held.version
      held.slowToLoad = cordon !== 'operator' && loading.spent > limits.decisionTime
      if (result instanceof Error) reject(result)
      else resolve(result)
    })
    pool.rehearse(loading)
  })
  let suspect = false
  const failed = await firstFailure(description, async (question) => {
    const { asking, reply } = await rehearseQuestion(pool, held, question)
    suspect = asking.suspect
    return reply
  })
  if (failed === undefined) return description
  const { hook, reply } = failed
  if (reply.failure === 'unavailable') throw new HostGone(reply.message, suspect ? 'suspect' : 'none')
  const Refusal = reply.failure === 'timeout' ? SlowFirstAnswer : LoadFailure
  throw new Refusal(refusalText(hook, reply), reply.position)
}

function rehearseQuestion(pool: HostPool, held: Held, question: Question): Promise<{ asking: Asking; reply: Reply }> {
  return new Promise((resolve) => {
    const done = (asking: Asking, answer: Reply | 'elsewhere'): void => {
      const reply = answer === 'elsewhere' ? asking.givenUp : answer
      if (reply === undefined) pool.rehearse(asking)
      else resolve({ asking, reply })
    }
    pool.rehearse(new Asking(held, question, done))
  })
}

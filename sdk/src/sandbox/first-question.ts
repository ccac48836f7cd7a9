import type { Failed, Question, Reply, RouterDescription } from './sandbox.ts'

const CLIENT = { address: '192.0.2.1', port: 49_152 } // TEST-NET-1, RFC 5737
const LOCAL = { address: '192.0.2.2', port: 1 }

/** The first of a new version's first questions that has no good answer, with that. */
export async function firstFailure(
  description: RouterDescription,
  ask: (question: Question) => Promise<Reply>,
): Promise<{ readonly hook: Question['hook']; readonly reply: Failed } | undefined> {
  for (const question of firstQuestions(description)) {
    const reply = await ask(question)
    if (reply.kind === 'failed') return { hook: question.hook, reply }
  }
  return undefined
}

/** How a version is refused for it. */
export function refusalText(hook: Question['hook'], { message }: Failed): string {
  return `its first question (${hook}, no bytes) failed: ${message}`
}

/** What every new version must be able to answer before it serves: a connection that has sent nothing yet. */
function firstQuestions(description: RouterDescription): Question[] {
  const facts = { final: false, client: CLIENT, local: LOCAL, listener: '192.0.2.2:1', now: Date.now(), lookups: {} }
  return description.hooks
    .filter((hook) => hook === 'route' || hook === 'onConnect')
    .map((hook) => ({ hook, bytes: new Uint8Array(0), facts }))
}

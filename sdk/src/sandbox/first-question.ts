import type { Question, RouterDescription } from './sandbox.ts'

const CLIENT = { address: '192.0.2.1', port: 49_152 } // TEST-NET-1, RFC 5737
const LOCAL = { address: '192.0.2.2', port: 1 }

/** What every new version must be able to answer before it serves: a connection that has sent nothing yet. */
export function firstQuestions(description: RouterDescription): Question[] {
  const facts = { final: false, client: CLIENT, local: LOCAL, listener: '192.0.2.2:1', now: Date.now(), lookups: {} }
  return description.hooks
    .filter((hook) => hook === 'route' || hook === 'onConnect')
    .map((hook) => ({ hook, bytes: new Uint8Array(0), facts }))
}

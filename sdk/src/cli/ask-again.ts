import type { RecordedConnection, RecordedDecision, RecordedQuestion } from '../record.ts'
import type { Hook } from '../sandbox/sandbox.ts'
import { type Fate, fateOf } from '../testing/connection.ts'
import type { Values } from '../testing/tables.ts'
import type { Inquiry, Outcome } from '../testing/verdict.ts'
import type { OpenRouter, Workbench } from '../testing/workbench.ts'
import { inquiriesOf } from './recorded.ts'

/** What became of asking again about one connection. */
export type Replayed = 'same' | 'redacted' | Elsewhere

/** The first answer that would be another one now. */
export interface Elsewhere {
  /** What was asked besides `route` and `onConnect`, once the connection had been sent somewhere. */
  readonly after: AfterHook | undefined
  readonly then: Fate
  readonly now: Fate
}

type AfterHook = 'onConnectError' | 'onInactivity'

/**
 * Asks a router what it was asked about a connection: first until it decides, then what followed from that, as long as all is as it was.
 * `beside`: tables, for what was not looked up then.
 */
export async function askAgain(
  bench: Workbench,
  router: OpenRouter,
  connection: RecordedConnection,
  beside: Values,
): Promise<Replayed> {
  const inquiries = inquiriesOf(connection, beside)
  const asked = connection.questions.map((question, index) => ({ question, inquiry: inquiries[index] }))
  const { bytes } = connection
  const first = await decideAgain(
    bench,
    router,
    asked.filter(({ question }) => afterHook(question.hook) === undefined),
    bytes,
  )
  if (first !== 'same') return first
  for (const each of asked) {
    const after = afterHook(each.question.hook)
    const result = after === undefined ? 'same' : await followUp(bench, router, after, each, bytes)
    if (result !== 'same') return result
  }
  return 'same'
}

interface Asked {
  readonly question: RecordedQuestion
  /** `undefined` where its bytes were not all kept. */
  readonly inquiry: Inquiry | undefined
}

function afterHook(hook: Hook): AfterHook | undefined {
  return hook === 'onConnectError' || hook === 'onInactivity' ? hook : undefined
}

async function decideAgain(
  bench: Workbench,
  router: OpenRouter,
  asked: readonly Asked[],
  bytes: Uint8Array,
): Promise<Replayed> {
  const decided = asked.find(({ question }) => question.decision.kind !== 'wait') ?? asked.at(-1)
  if (decided === undefined) return 'same'
  let now: Fate = { kind: 'wait' }
  for (const { inquiry } of asked) {
    if (inquiry === undefined) return 'redacted'
    // A router that lost a hook is not asked it, as in production.
    if (!router.description.hooks.includes(inquiry.hook)) continue
    const { outcome } = await bench.ask(router, inquiry)
    now = fate(outcome, inquiry, inquiry.bytes.length, bytes)
    if (outcome.kind !== 'wait') break
  }
  const { question } = decided
  return compared(undefined, fate(question.decision, question, question.length, bytes), now)
}

/** What the router says when its upstream cannot be reached, or says nothing. Without the hook, the connection is closed. */
async function followUp(
  bench: Workbench,
  router: OpenRouter,
  hook: AfterHook,
  { question, inquiry }: Asked,
  bytes: Uint8Array,
): Promise<Replayed> {
  if (inquiry === undefined) return 'redacted'
  const then = fate(question.decision, question, question.length, bytes)
  if (!router.description.hooks.includes(hook)) return compared(hook, then, { kind: 'close', text: undefined })
  const { outcome } = await bench.ask(router, inquiry)
  return compared(hook, then, fate(outcome, inquiry, question.length, bytes))
}

/** What became, or becomes, of the connection. */
function fate(
  decision: RecordedDecision | Outcome,
  { hook, final }: Pick<RecordedQuestion, 'hook' | 'final'>,
  seen: number,
  all: Uint8Array,
): Fate {
  if (decision.kind === 'failed') return { kind: 'failed', message: decision.message }
  // As the proxy judges them.
  if (decision.kind === 'wait' && afterHook(hook)) return { kind: 'failed', message: `${hook} answered noop` }
  if (decision.kind === 'forward' && hook === 'onInactivity')
    return { kind: 'failed', message: `${hook} answered remote` }
  return fateOf({ outcome: decision, seen, final, lookups: [], log: [], cpu: 0 }, all)
}

function compared(after: AfterHook | undefined, then: Fate, now: Fate): Replayed {
  return goesElsewhere(then, now) ? { after, then, now } : 'same'
}

/** Messages of failures, and timeouts, may change without a connection going elsewhere. */
function goesElsewhere(then: Fate, now: Fate): boolean {
  if (then.kind === 'forward' && now.kind === 'forward')
    return then.remote !== now.remote || then.up !== now.up || then.reply !== now.reply
  if (then.kind === 'close' && now.kind === 'close') return then.text !== now.text
  return then.kind !== now.kind
}

import type { ForwardDecision } from '../decision.ts'
import type { Course } from './connection.ts'
import { type Expectation, latin1Of, type RouteDetails } from './given.ts'
import { literal, outcomeText } from './words.ts'

/** What is wrong with how a connection went, in lines; `undefined` when it is as expected. */
export function judge(course: Course, expected: Expectation): string | undefined {
  const { outcome, final } = course
  if (outcome.kind === 'failed' && expected.kind !== 'fails') {
    const frame = outcome.frame === '' ? '' : `\n${outcome.frame}`
    return `the router ${outcomeText(outcome)}${frame}`
  }
  const problem = mismatch(course, expected)
  if (problem === undefined) return undefined
  return `expected: ${expectationText(expected)}\nfound:    ${outcomeText(outcome, final)}${problem === '' ? '' : `\n${problem}`}`
}

/** `undefined` when it is as expected; else what else there is to say than that it is not. */
function mismatch({ outcome, final }: Course, expected: Expectation): string | undefined {
  switch (expected.kind) {
    case 'answers':
      return undefined
    case 'fails':
      if (outcome.kind !== 'failed') return ''
      return expected.message === undefined || expected.message.test(outcome.message) ? undefined : ''
    case 'waits':
      if (outcome.kind !== 'wait' || final) return ''
      return expected.atLeast === undefined || expected.atLeast === outcome.atLeast ? undefined : ''
    case 'closes':
      if (outcome.kind === 'wait' && final) return matches(undefined, expected.text) ? undefined : ''
      return outcome.kind === 'close' && matches(outcome.text, expected.text) ? undefined : ''
    case 'routesTo':
      if (outcome.kind !== 'forward' || outcome.remote !== expected.remote) return ''
      return detailsProblem(outcome, expected.details)
    default:
      return expected satisfies never
  }
}

function matches(text: string | undefined, expected: string | RegExp | undefined): boolean {
  if (expected === undefined) return true
  if (text === undefined) return false
  return typeof expected === 'string' ? text === expected : expected.test(text)
}

const DETAILS = ['data', 'reply', 'replyWhen', 'connectTimeout', 'inactivityTimeout'] as const

function detailsProblem(decision: ForwardDecision, details: RouteDetails): string | undefined {
  const wrong = DETAILS.flatMap((name) => {
    const expected = details[name]
    const found = decision[name]
    if (expected === undefined) return []
    const plain = expected instanceof Uint8Array ? latin1Of(expected) : expected
    return plain === found ? [] : [`${name}: expected ${valueText(plain)}, found ${valueText(found)}`]
  })
  return wrong.length === 0 ? undefined : wrong.join('\n')
}

function valueText(value: string | number | undefined): string {
  return typeof value === 'string' ? literal(value, 200) : String(value)
}

/** An expectation as its test has it. */
export function expectationText(expected: Expectation): string {
  switch (expected.kind) {
    case 'answers':
      return 'any answer'
    case 'fails':
      return expected.message === undefined ? 'fails' : `fails with ${expected.message}`
    case 'waits':
      return expected.atLeast === undefined ? 'waits' : `waits for at least ${expected.atLeast} bytes`
    case 'closes':
      if (expected.text === undefined) return 'closes'
      return `closes with ${typeof expected.text === 'string' ? literal(expected.text, 60) : expected.text}`
    case 'routesTo':
      return `routes to ${expected.remote}`
    default:
      return expected satisfies never
  }
}

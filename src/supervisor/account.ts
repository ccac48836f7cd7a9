import { CompileFailure, type Diagnostic } from 'router-sdk/diagnostics'
import { locate } from 'router-sdk/locate'
import { LoadFailure, type Position } from 'router-sdk/sandbox'
import { placeText } from '../router-place.ts'
import type { FirstDecisions } from './probation.ts'
import { WarmFailure } from './worker-link.ts'

/** Why a router is not served, for the log and for a person. */
export interface Account {
  /** One line. */
  readonly reason: string
  /** `file:line:column`, relative to the routers' folder, where a place is to blame. */
  readonly at?: string
  /** The lines round that place. */
  readonly frame?: readonly string[]
  /** Further things that are wrong, one line each. */
  readonly also?: readonly string[]
}

const MOST_ALSO = 9

/** `error` is what a step of deploying `router` failed with. */
export function accountOf(error: unknown, router: string, sourceMap: string | undefined): Account {
  if (error instanceof CompileFailure) return compileAccount(error.diagnostics, router)
  if (error instanceof WarmFailure || error instanceof LoadFailure) {
    const at = sourceMap === undefined ? undefined : placeOf(error.position, sourceMap, router)
    return { reason: error.message, ...(at === undefined ? {} : { at }) }
  }
  return { reason: error instanceof Error ? error.message : String(error) }
}

/** Why a version is taken back for the one numbered `to`. */
export function failingAccount(failing: FirstDecisions, to: number, router: string, sourceMap: string): Account {
  const { failed, decisions, first } = failing
  const reason = `${failed} of its first ${decisions} decisions failed: version ${to} serves again`
  if (first === undefined) return { reason }
  const { failure, message, position } = first
  return accountOf(
    new WarmFailure('router', `${reason}; the first: ${failure}: ${message}`, position),
    router,
    sourceMap,
  )
}

/** An account of several lines, as a compiler would print it. */
export function accountText({ reason, at, frame = [], also = [] }: Account): string {
  const head = at === undefined ? reason : `${at}: ${reason}`
  return [head, ...frame, ...also].join('\n')
}

function compileAccount([first, ...rest]: readonly Diagnostic[], router: string): Account {
  if (first === undefined) return { reason: 'it does not compile' }
  const also = rest.slice(0, MOST_ALSO).map((found) => `${placeText(router, found)}: ${found.text}`)
  return {
    reason: first.text,
    at: placeText(router, first),
    ...(first.frame === '' ? {} : { frame: first.frame.split('\n') }),
    ...(also.length === 0 ? {} : { also }),
  }
}

function placeOf(position: Position | undefined, sourceMap: string, router: string): string | undefined {
  if (position === undefined) return undefined
  const found = locate(sourceMap, position.line, position.column)
  return found === undefined ? undefined : placeText(router, found)
}

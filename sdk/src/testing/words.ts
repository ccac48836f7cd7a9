import type { Fate } from './connection.ts'
import type { Outcome } from './verdict.ts'

const MOST_SHOWN = 60

/** Bytes as a TypeScript string literal; those past `most` are left out, and said to be. */
export function literal(bytes: Uint8Array | string, most = Number.POSITIVE_INFINITY): string {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1')
  const shown = text.slice(0, most)
  const escaped = shown.replace(/[^ -~]|['\\]/g, (character) => ESCAPES[character] ?? hexEscape(character))
  return text.length > most ? `'${escaped}…' (${text.length} bytes)` : `'${escaped}'`
}

const ESCAPES: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\t': '\\t', "'": "\\'", '\\': '\\\\' }

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** An answer for a reader, on one line. */
export function outcomeText(outcome: Outcome, final = false): string {
  switch (outcome.kind) {
    case 'forward': {
      const { remote, data, reply, replyWhen, connectTimeout, inactivityTimeout } = outcome
      const parts = [`routes to ${remote}`]
      if (data !== undefined) parts.push(`data ${literal(data, MOST_SHOWN)}`)
      if (reply !== undefined) parts.push(`reply ${literal(reply, MOST_SHOWN)} when ${replyWhen}`)
      if (connectTimeout !== undefined) parts.push(`connectTimeout ${connectTimeout} ms`)
      if (inactivityTimeout !== undefined) parts.push(`inactivityTimeout ${inactivityTimeout} ms`)
      return parts.join(', ')
    }
    case 'close':
      return outcome.text === undefined ? 'closes' : `closes with ${literal(outcome.text, MOST_SHOWN)}`
    case 'wait':
      if (final) return 'waits, which closes: no more will come'
      return outcome.atLeast === 0 ? 'waits' : `waits for at least ${outcome.atLeast} bytes`
    case 'failed':
      return `fails (${outcome.failure})${outcome.at === undefined ? '' : ` at ${outcome.at}`}: ${outcome.message}`
    default:
      return outcome satisfies never
  }
}

/** What becomes of a connection, for a reader who compares two. */
export function fateText(fate: Fate): string {
  switch (fate.kind) {
    case 'forward': {
      const reply = fate.reply === undefined ? '' : `, reply ${literal(fate.reply, MOST_SHOWN)}`
      return `routes to ${fate.remote}, which is sent ${literal(fate.up, MOST_SHOWN)}${reply}`
    }
    case 'close':
      return fate.text === undefined ? 'closes' : `closes with ${literal(fate.text, MOST_SHOWN)}`
    case 'wait':
      return 'waits'
    case 'failed':
      return `fails: ${fate.message}`
    default:
      return fate satisfies never
  }
}

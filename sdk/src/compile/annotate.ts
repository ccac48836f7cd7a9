import type { Hook } from '../sandbox/sandbox.ts'

/** Text put into a line of a source, at a column from 1 of the line as the author wrote it. */
export interface Insertion {
  readonly line: number
  readonly column: number
  readonly text: string
}

const ANSWERS: Readonly<Record<Hook, string>> = {
  route: "import('router-sdk').Answer",
  onConnect: "import('router-sdk').Answer",
  onConnectError: "import('router-sdk').ForwardAnswer | import('router-sdk').CloseAnswer",
  onInactivity: "import('router-sdk').CloseAnswer",
}

/** The hook whose name stands at this place of a source. */
export function hookAt(lines: readonly string[], line: number, column: number): Hook | undefined {
  const name = /^\w+/.exec((lines[line - 1] ?? '').slice(column - 1))?.[0]
  return name !== undefined && isHook(name) ? name : undefined
}

function isHook(name: string): name is Hook {
  return Object.hasOwn(ANSWERS, name)
}

// What may stand between a hook's name and its parameters: `route(`, `route: (`, `route: function name(`; or, without
// parentheses, `route: conn =>`.
const TO_PARAMETERS = /^\w+\s*(?::\s*(?:function\s*\w*\s*)?)?\(/
const BARE_PARAMETER = /^(\w+\s*:\s*)([\w$]+)\s*=>/

/**
 * What to insert so that the function of the hook named at this place says what it returns: the checker then points at the
 * `return` that is wrong. Nothing where the function stands elsewhere, or says so already.
 */
export function annotation(source: string, lines: readonly string[], line: number, column: number): Insertion[] {
  const hook = hookAt(lines, line, column)
  if (hook === undefined) return []
  const at = offsetOf(source, line, column)
  const rest = source.slice(at)
  const bare = BARE_PARAMETER.exec(rest)
  if (bare !== null) {
    const [, before = '', parameter = ''] = bare
    const from = at + before.length
    return [insertion(source, from, '('), insertion(source, from + parameter.length, `): ${ANSWERS[hook]}`)]
  }
  const opening = TO_PARAMETERS.exec(rest)
  if (opening === null) return []
  const end = closing(rest, opening[0].length - 1)
  if (end === undefined || /^\s*:/.test(rest.slice(end + 1))) return []
  return [insertion(source, at + end + 1, `: ${ANSWERS[hook]}`)]
}

/** The index of the parenthesis that closes the one at `open`; comments and strings are stepped over. */
function closing(text: string, open: number): number | undefined {
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[()]/g
  token.lastIndex = open
  let depth = 0
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '(') depth++
    else if (match[0] === ')' && --depth === 0) return match.index
  }
  return undefined
}

function offsetOf(source: string, line: number, column: number): number {
  const lineEnd = /\r\n|[\n\r\u2028\u2029]/g
  for (let passed = 1; passed < line; passed++) if (lineEnd.exec(source) === null) return source.length
  return lineEnd.lastIndex + column - 1
}

function insertion(source: string, offset: number, text: string): Insertion {
  const before = source.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/)
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, text }
}

/** The source with the insertions in it. */
export function insert(source: string, insertions: readonly Insertion[]): string {
  const places = insertions.map(({ line, column, text }) => ({ offset: offsetOf(source, line, column), text }))
  places.sort((a, b) => b.offset - a.offset)
  return places.reduce((text, { offset, text: added }) => text.slice(0, offset) + added + text.slice(offset), source)
}

/** The author's column for one of the source with the insertions in it. */
export function originalColumn(insertions: readonly Insertion[], line: number, column: number): number {
  const here = insertions.filter((one) => one.line === line).sort((a, b) => a.column - b.column)
  let added = 0
  for (const { column: at, text } of here) {
    if (column - added <= at) break
    added += Math.min(text.length, column - added - at)
  }
  return column - added
}

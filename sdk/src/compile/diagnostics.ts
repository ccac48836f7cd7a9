/** One thing that is wrong with a router's sources. */
export interface Diagnostic {
  /** Relative to the router's folder. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units as editors count. */
  readonly column: number
  /** One sentence; control characters are escaped. */
  readonly text: string
  /** The line with its neighbours and a caret below the column; empty when there is no line to show. */
  readonly frame: string
}

/** Thrown for a router that does not compile; what is wrong with it is in `diagnostics`, of which there is at least one. */
export class CompileFailure extends Error {
  readonly diagnostics: readonly Diagnostic[]
  /** Absolute paths of the files that were looked at, missing ones included: a change to one is a reason to try again. */
  readonly inputs: readonly string[]

  constructor(diagnostics: readonly Diagnostic[], inputs: readonly string[]) {
    super(formatDiagnostics(diagnostics, { most: 3 }))
    this.name = 'CompileFailure'
    this.diagnostics = diagnostics
    this.inputs = inputs
  }
}

const MOST_TEXT = 600
const FRAME_WIDTH = 100
const NEIGHBOURS = 2
const LINE_END = /\r\n|[\n\r\u2028\u2029]/

/** Makes a diagnostic; `source` is the text of the file, for the frame. */
export function diagnostic(
  at: { file: string; line: number; column: number },
  text: string,
  source: string | undefined,
): Diagnostic {
  const { file, line, column } = at
  return { file, line, column, text: printable(text, MOST_TEXT), frame: source === undefined ? '' : frame(source, at) }
}

/** Where byte `offset` of a line stands, from 1 and in UTF-16 code units. */
export function columnOfByte(line: string, offset: number): number {
  return Buffer.from(line).subarray(0, offset).toString().length + 1
}

let latest: { readonly source: string; readonly lines: readonly string[] } = { source: '', lines: [''] }

/** The lines of a source, split where compilers split them. */
export function linesOf(source: string): readonly string[] {
  // Hundreds of errors ask in turn for the lines of one source, which may be 100,000.
  if (latest.source !== source) latest = { source, lines: source.split(LINE_END) }
  return latest.lines
}

function frame(source: string, at: { line: number; column: number }): string {
  const lines = linesOf(source)
  const first = Math.max(1, at.line - NEIGHBOURS)
  const last = Math.min(lines.length, at.line + NEIGHBOURS)
  const width = String(last).length
  // A line may be the whole of 256 KiB: only the part round the column is shown.
  const from = at.column > FRAME_WIDTH - 20 ? at.column - FRAME_WIDTH / 2 : 0
  const rows: string[] = []
  for (let number = first; number <= last; number++) {
    const shown = (lines[number - 1] ?? '').slice(from, from + FRAME_WIDTH)
    const mark = number === at.line ? '>' : ' '
    rows.push(`${mark} ${String(number).padStart(width)} | ${unprintable(shown)}`.trimEnd())
    if (number === at.line) rows.push(`  ${' '.repeat(width)} | ${' '.repeat(at.column - 1 - from)}^`)
  }
  return rows.join('\n')
}

/** One line of at most `most` characters in which nothing can steer a terminal or forge a line of a log. */
export function printable(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most - 1)}…` : text
  return cut.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\n' || character === '\t') return ' '
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/** As `printable`, but a character stays one column wide, so that the caret below it is right. */
function unprintable(line: string): string {
  return line.replace(/\t/g, ' ').replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** Diagnostics for a reader: `file:line:column: text` and the frame of each, `most` of them. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: { readonly most: number }): string {
  const shown = diagnostics.slice(0, options.most).map((found) => {
    const head = `${found.file}:${found.line}:${found.column}: ${found.text}`
    return found.frame === '' ? head : `${head}\n${found.frame}`
  })
  const left = diagnostics.length - shown.length
  if (left > 0) shown.push(`and ${left} more ${left === 1 ? 'error' : 'errors'}`)
  return shown.join('\n\n')
}

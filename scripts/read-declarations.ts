/** What a comment says, by its tags. */
export interface Comment {
  /** In paragraphs. */
  readonly text: string
  /** By their names. */
  readonly params: ReadonlyMap<string, string>
  readonly throws: string | undefined
  readonly example: string | undefined
}

/** A declaration at the top of a file, or a field or method of an interface. */
export interface Declared {
  readonly name: string
  readonly comment: Comment | undefined
  /** As it stands in the file, without its comment. */
  readonly text: string
}

export interface Declaration extends Declared {
  readonly kind: 'interface' | 'type' | 'function' | 'const'
  readonly isExported: boolean
  /** Those of an interface. */
  readonly members: readonly Declared[]
}

export interface DeclarationFile {
  readonly declarations: readonly Declaration[]
  /** `undefined` names all that the other file exports. */
  readonly passedOn: readonly { readonly from: string; readonly names: readonly string[] | undefined }[]
}

interface Statement {
  readonly comments: readonly string[]
  readonly text: string
}

const DECLARATION = /^(export )?(?:declare )?(?:abstract )?(interface|type|function|const) (\w+)/
const PASSED_ON = /^export (?:type )?(?:\{([^}]*)\}|\*) from ['"]([^'"]+)['"]/
const MEMBER = /^(?:readonly )?([\w$]+)/

/** Reads declarations as the TypeScript compiler writes them, and nothing else: it is this regularity that is relied on. */
export function readDeclarations(text: string): DeclarationFile {
  const statements = split(text)
  const declarations = statements.flatMap(declarationOf)
  const passedOn = statements.flatMap(({ text: statement }) => {
    const [whole, names, from = ''] = PASSED_ON.exec(statement) ?? []
    if (whole === undefined) return []
    return [{ from, names: names?.split(',').flatMap((name) => /(\w+)\s*$/.exec(name)?.[1] ?? []) }]
  })
  return { declarations, passedOn }
}

/** What a source says of itself, before its imports: the compiler leaves that out of some declarations. */
export function readAbout(source: string): Comment | undefined {
  const [, comment] = /^(\/\*\*(?:(?!\*\/).)*\*\/)\s*(?:import|export (?:type )?\{)/s.exec(source) ?? []
  return comment === undefined ? undefined : readComment(comment)
}

function declarationOf({ comments, text }: Statement): Declaration[] {
  const [, exported, kind, name] = DECLARATION.exec(text) ?? []
  if (name === undefined || !isKind(kind)) return []
  const body = kind === 'interface' ? text.slice(text.indexOf('{') + 1, text.lastIndexOf('}')) : ''
  const members = split(body).flatMap((member) => {
    const found = MEMBER.exec(member.text)?.[1]
    return found === undefined ? [] : [{ name: found, comment: lastOf(member.comments), text: member.text }]
  })
  return [{ name, kind, isExported: exported !== undefined, comment: lastOf(comments), text, members }]
}

function isKind(kind: string | undefined): kind is Declaration['kind'] {
  return kind === 'interface' || kind === 'type' || kind === 'function' || kind === 'const'
}

function lastOf(comments: readonly string[]): Comment | undefined {
  const last = comments.at(-1)
  return last === undefined ? undefined : readComment(last)
}

/** Statements of a file or an interface's body, with the comments before each. */
function split(text: string): Statement[] {
  const statements: Statement[] = []
  let comments: string[] = []
  for (let at = 0; at < text.length; ) {
    const [blank = ''] = /^\s+/.exec(text.slice(at, at + 1_000)) ?? []
    at += blank.length
    if (at >= text.length) break
    if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at) + 2
      comments.push(text.slice(at, end))
      at = end
      continue
    }
    const end = endOf(text, at)
    statements.push({ comments, text: text.slice(at, end).replace(/;$/, '') })
    comments = []
    at = end
  }
  return statements
}

/** Where the statement that begins at `from` ends: at a semicolon, or with the body of an interface. */
function endOf(text: string, from: number): number {
  const endsWithBody = /^(?:export )?(?:declare )?interface /.test(text.slice(from, from + 40))
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === "'" || character === '"' || character === '`') at = text.indexOf(character, at + 1)
    else if (text.startsWith('/*', at)) at = text.indexOf('*/', at) + 1
    else if ('({['.includes(character)) depth++
    else if (')}]'.includes(character)) depth--
    if (depth === 0 && (character === ';' || (character === '}' && endsWithBody))) return at + 1
    if (at < from) throw new Error(`not closed: ${text.slice(from, from + 80)}`)
  }
  return text.length
}

function readComment(comment: string): Comment {
  const lines = comment
    .replace(/^\/\*\*?|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  const parts = lines.join('\n').split(/^@(?=\w+)/m)
  const tags = parts.slice(1).map((part) => [/^\w+/.exec(part)?.[0] ?? '', part.replace(/^\w+ ?/, '')] as const)
  const tag = (name: string) => tags.find(([each]) => each === name)?.[1]
  const params = tags.flatMap(([name, text]) => {
    const [, param, words = ''] = /^(\w+) (.*)$/s.exec(text) ?? []
    return name === 'param' && param !== undefined ? [[param, flowing(words)] as const] : []
  })
  const throws = tag('throws')
  return {
    text: flowing(parts[0] ?? ''),
    params: new Map(params),
    throws: throws === undefined ? undefined : flowing(throws),
    example: tag('example')?.trim(),
  }
}

/** Paragraphs, of one line each. */
function flowing(text: string): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' '))
    .join('\n\n')
}

import type { CompiledRouter, CompileLimit, CompileLimits, Diagnostic } from 'router-sdk/compile'

/**
 * What supervisor and compiler say to each other, over Node's IPC channel. The compiler runs no tenant's code, but works on what
 * tenants wrote: each side parses what it hears, and ends with the other what does not make sense.
 */
export type ToCompiler =
  | { readonly type: 'compile'; readonly id: number; readonly request: CompileRequest }
  /** There are connections to be served: from now on they come first. */
  | { readonly type: 'yield' }

/** A router that is to be compiled. */
export interface CompileRequest {
  readonly file: string
  readonly folder: string
  readonly subfolders: boolean
  readonly limits: Required<CompileLimits>
  /** Where each limit is set, for the words of a refusal. */
  readonly where: Readonly<Record<CompileLimit, string>>
  readonly together: boolean
}

/** The answer to the `compile` with the same id. */
export type FromCompiler =
  | { readonly type: 'compiled'; readonly id: number; readonly router: CompiledRouter }
  /** The router is to blame. */
  | {
      readonly type: 'refused'
      readonly id: number
      readonly diagnostics: readonly Diagnostic[]
      readonly inputs: readonly string[]
    }
  /** The compiler could not do its work. */
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

/** A message that makes no sense. */
export class MessageViolation extends Error {}

/** @throws MessageViolation */
export function parseToCompiler(message: unknown): ToCompiler {
  const { type, id, request } = fields(message, 'a message')
  switch (type) {
    case 'compile':
      return { type, id: amount(id, 'id'), request: parseRequest(request) }
    case 'yield':
      return { type }
    default:
      throw new MessageViolation('type: an unknown one')
  }
}

function parseRequest(request: unknown): CompileRequest {
  const { file, folder, subfolders, limits, where, together } = fields(request, 'a request')
  const { sourceBytes, bundleBytes, compileTime } = fields(limits, 'limits')
  const places = fields(where, 'where')
  return {
    file: text(file, 'file'),
    folder: text(folder, 'folder'),
    subfolders: yesOrNo(subfolders, 'subfolders'),
    limits: {
      sourceBytes: amount(sourceBytes, 'sourceBytes'),
      bundleBytes: amount(bundleBytes, 'bundleBytes'),
      compileTime: amount(compileTime, 'compileTime'),
    },
    where: {
      sourceBytes: text(places.sourceBytes, 'where'),
      bundleBytes: text(places.bundleBytes, 'where'),
      compileTime: text(places.compileTime, 'where'),
    },
    together: yesOrNo(together, 'together'),
  }
}

/** @throws MessageViolation */
export function parseFromCompiler(message: unknown): FromCompiler {
  const { type, id: number, router, diagnostics, inputs, message: words } = fields(message, 'a message')
  const id = amount(number, 'id')
  switch (type) {
    case 'compiled':
      return { type, id, router: parseRouter(router) }
    case 'refused': {
      const parsed = list(diagnostics, 'diagnostics').map(parseDiagnostic)
      if (parsed.length === 0) throw new MessageViolation('diagnostics: none')
      return { type, id, diagnostics: parsed, inputs: texts(inputs, 'inputs') }
    }
    case 'failed':
      return { type, id, message: text(words, 'message') }
    default:
      throw new MessageViolation('type: an unknown one')
  }
}

function parseRouter(router: unknown): CompiledRouter {
  const { code, hash, sourceMap, inputs, ms } = fields(router, 'router')
  const { read, bundle, typecheck } = fields(ms, 'ms')
  if (typeof hash !== 'string' || !/^[0-9a-f]{12}$/.test(hash)) throw new MessageViolation('hash: not one')
  return {
    code: text(code, 'code'),
    hash,
    sourceMap: text(sourceMap, 'sourceMap'),
    inputs: texts(inputs, 'inputs'),
    ms: { read: amount(read, 'ms'), bundle: amount(bundle, 'ms'), typecheck: amount(typecheck, 'ms') },
  }
}

function parseDiagnostic(diagnostic: unknown): Diagnostic {
  const found = fields(diagnostic, 'a diagnostic')
  return {
    file: text(found.file, 'file'),
    line: amount(found.line, 'line'),
    column: amount(found.column, 'column'),
    text: text(found.text, 'text'),
    frame: text(found.frame, 'frame'),
  }
}

function fields(value: unknown, what: string): Record<string, unknown> {
  if (!isRecord(value)) throw new MessageViolation(`${what}: not an object`)
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new MessageViolation(`${what}: not a list`)
  return value
}

function texts(value: unknown, what: string): string[] {
  return list(value, what).map((one) => text(one, what))
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new MessageViolation(`${what}: not a text`)
  return value
}

function amount(value: unknown, what: string): number {
  if (typeof value !== 'number' || !(value >= 0)) throw new MessageViolation(`${what}: not a number from 0`)
  return value
}

function yesOrNo(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw new MessageViolation(`${what}: neither true nor false`)
  return value
}

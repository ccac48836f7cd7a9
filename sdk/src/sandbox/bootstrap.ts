/**
 * The only code of ours inside an isolate. It runs before a tenant's code: it takes what it needs from the builtins, removes
 * every global that is not on its list, and leaves two ways in: `pointsmanLoad`, called once with the bundle, and the function
 * that it returns, called once a question with strings and answering a string. Everything that a tenant can throw, return or
 * redefine is met here, inside the timed call: reading a hostile value outside of it can hang isolated-vm for ever.
 *
 * It lowers the number of killed hosts and is not the wall: the process is.
 *
 * Its text is what runs (`Function.prototype.toString`), so it refers to nothing outside itself.
 */
export function bootstrap(): (command: string, facts: string, text: string) => string {
  type Callable = (...args: never[]) => unknown
  interface Suspension {
    readonly table: string
    readonly key: string
  }
  interface ParsedFacts {
    readonly final: boolean
    readonly client: object
    readonly local: object
    readonly listener: string
    readonly now: number
    readonly lookups: Record<string, Record<string, string | null>>
    readonly event?: object
  }

  const MAX_TEXT = 65_536
  const MAX_KEYS = 16
  const MAX_LOOKUPS = 16
  const MAX_LOG_LINES = 8
  const MAX_LOG_CHARACTERS = 200
  const MAX_STACK = 1_000
  const HOOKS = ['route', 'onConnect', 'onConnectError', 'onInactivity']
  // biome-ignore format: a list
  const ALLOWED = ['Object', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Math', 'JSON',
    'RegExp', 'Date', 'Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError',
    'Uint8Array', 'Int8Array', 'Uint8ClampedArray', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array',
    'Float64Array', 'DataView', 'parseInt', 'parseFloat', 'isNaN', 'isFinite', 'NaN', 'Infinity', 'undefined', 'globalThis',
    'encodeURIComponent', 'decodeURIComponent', 'encodeURI', 'decodeURI']

  const global = globalThis as unknown as Record<string, unknown>
  const { apply, construct, ownKeys } = Reflect
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, freeze, create } = Object
  const enumerableKeys = Object.keys
  const { parse, stringify } = JSON
  const RealDate = Date
  const RealError = Error
  const RealString = String
  const TypeErrorHere = TypeError
  const { fromCharCode } = String
  const { charCodeAt, slice } = String.prototype
  const owns = Object.prototype.hasOwnProperty
  const { test } = RegExp.prototype
  const { isArray } = Array
  const { min } = Math
  const TABLE_NAME = /^[A-Za-z0-9_-]{1,64}$/
  const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as object
  const Bytes = Uint8Array
  const tagOf = getter(typedArrayPrototype, Symbol.toStringTag)
  const lengthOf = getter(typedArrayPrototype, 'length')

  class BadShape {
    message: string
    constructor(message: string) {
      this.message = message
    }
  }

  let now = 0
  let facts: ParsedFacts | undefined
  let suspension: Suspension | undefined
  let log: string[] = []
  let lastStack = ''
  let definition: Record<string, unknown> | undefined
  let loadError: string | undefined
  const hooks = create(null) as Record<string, Callable>

  removeGlobals()
  closeConstructors()
  lockErrors()
  freezeClock()
  removeLocale()
  defineProperty(global, 'pointsmanLoad', { value: load, configurable: true })
  return dispatch

  function getter(owner: object, key: string | symbol): Callable {
    const found = getOwnPropertyDescriptor(owner, key)?.get
    if (found === undefined) throw new RealError(`this V8 has no getter ${RealString(key)}`)
    return found as Callable
  }

  function removeGlobals(): void {
    const allowed = new Set<string | symbol>(ALLOWED)
    for (const key of ownKeys(global)) if (!allowed.has(key)) delete global[key as string]
    for (const name of ['resize', 'transfer', 'transferToFixedLength', 'slice'])
      delete (getPrototypeOf(new Bytes(0).buffer) as unknown as Record<string, unknown>)[name]
    delete (Array as unknown as Record<string, unknown>).fromAsync
    for (const name of ['getBigInt64', 'getBigUint64', 'setBigInt64', 'setBigUint64'])
      delete (DataView.prototype as unknown as Record<string, unknown>)[name]
  }

  /** Makes the constructors that reach code generation, promises and buffers unreachable from any value. */
  function closeConstructors(): void {
    const promise = (async () => {})()
    const prototypes: object[] = [
      getPrototypeOf(() => {}) as object,
      getPrototypeOf(async () => {}) as object,
      getPrototypeOf(function* () {}) as object,
      getPrototypeOf(async function* () {}) as object,
      getPrototypeOf(promise) as object,
      getPrototypeOf(new Bytes(0).buffer) as object,
    ]
    for (const prototype of prototypes)
      defineProperty(prototype, 'constructor', { value: undefined, writable: false, configurable: false })
    for (const name of ['then', 'catch', 'finally'])
      delete (getPrototypeOf(promise) as unknown as Record<string, unknown>)[name]
  }

  function lockErrors(): void {
    const fixed = { writable: false, configurable: false, enumerable: false }
    defineProperty(RealError, 'stackTraceLimit', { value: 6, ...fixed })
    defineProperty(RealError, 'prepareStackTrace', { value: undefined, ...fixed })
    delete (RealError as unknown as Record<string, unknown>).captureStackTrace
  }

  /** `Date` and `Math.random` give the same through one decision, so that a decision can be replayed. */
  function freezeClock(): void {
    const FrozenDate = function (this: unknown, ...args: unknown[]): unknown {
      if (new.target === undefined) return `${new RealDate(now)}`
      return construct(RealDate, args.length === 0 ? [now] : args, new.target)
    }
    defineProperty(FrozenDate, 'prototype', { value: RealDate.prototype, writable: false })
    defineProperty(FrozenDate, 'now', { value: () => now })
    defineProperty(FrozenDate, 'parse', { value: RealDate.parse })
    defineProperty(FrozenDate, 'UTC', { value: RealDate.UTC })
    defineProperty(RealDate.prototype, 'constructor', { value: FrozenDate, writable: false, configurable: false })
    defineProperty(global, 'Date', { value: FrozenDate, writable: true, configurable: true })
    Math.random = () => {
      throw new TypeErrorHere('a router has no Math.random: decide by the bytes or by conn.client.address')
    }
  }

  function removeLocale(): void {
    const owners: object[] = [RealDate.prototype, Number.prototype, String.prototype, Array.prototype, Object.prototype]
    for (const owner of [...owners, typedArrayPrototype])
      for (const key of ownKeys(owner))
        if (typeof key === 'string' && /^(toLocale|localeCompare)/.test(key))
          delete (owner as unknown as Record<string, unknown>)[key]
  }

  function load(bundle: () => { default?: unknown }): void {
    delete global.pointsmanLoad
    try {
      const exported = bundle().default
      if (typeof exported !== 'object' || exported === null)
        loadError = 'the default export is not a router: export default defineRouter({…})'
      else capture(exported as Record<string, unknown>)
    } catch (error) {
      loadError = describeError(error)
    }
  }

  function capture(exported: Record<string, unknown>): void {
    for (const name of HOOKS) {
      const hook = exported[name]
      if (typeof hook === 'function') hooks[name] = hook as Callable
      else if (hook !== undefined) loadError = `${name} is not a function`
    }
    definition = exported
  }

  function dispatch(command: string, factsJson: string, text: string): string {
    if (command === 'describe') return describe()
    return ask(command, factsJson, text)
  }

  function describe(): string {
    try {
      if (loadError !== undefined || definition === undefined) return failed('threw', loadError ?? 'nothing was loaded')
      const described = create(null)
      described.hooks = enumerableKeys(hooks)
      const { listen, failure } = definition
      if (listen !== undefined)
        described.listen = typeof listen === 'object' ? flatten(listen, 'listen') : plain(listen, 'listen')
      if (failure !== undefined) described.failure = flatten(failure, 'failure')
      return stringify({ __proto__: null, described })
    } catch (error) {
      return failed('threw', describeError(error))
    }
  }

  function ask(hook: string, factsJson: string, text: string): string {
    facts = parse(factsJson) as ParsedFacts
    now = facts.now
    suspension = undefined
    log = []
    lastStack = ''
    try {
      const call = hooks[hook]
      if (call === undefined) return failed('bad-answer', `the router has no ${hook}`)
      const answer: unknown = apply(call, definition, [connection(facts, text), facts.event])
      if (suspension !== undefined) return suspended(suspension)
      return stringify({ __proto__: null, answer: flatten(answer, 'an answer'), log: noted() })
    } catch (error) {
      if (suspension !== undefined) return suspended(suspension)
      const message = describeError(error)
      return failed(error instanceof BadShape ? 'bad-answer' : 'threw', message)
    }
  }

  function connection(known: ParsedFacts, text: string): object {
    let bytes: Uint8Array | undefined
    return {
      get bytes(): Uint8Array {
        bytes ??= toBytes(text)
        return bytes
      },
      text,
      final: known.final,
      client: freeze(known.client),
      local: freeze(known.local),
      listener: known.listener,
      now: known.now,
      tls: undefined,
      lookup,
      log: note,
    }
  }

  function toBytes(text: string): Uint8Array {
    const bytes = new Bytes(text.length)
    for (let at = 0; at < text.length; at++) bytes[at] = apply(charCodeAt, text, [at]) as number
    return bytes
  }

  function lookup(table: unknown, key: unknown): string | undefined {
    if (typeof table !== 'string' || !(apply(test, TABLE_NAME, [table]) as boolean))
      throw new TypeErrorHere('lookup(table, key): a table is named by 1 to 64 letters, digits, _ and -')
    if (typeof key !== 'string' || key.length > 1024)
      throw new TypeErrorHere('lookup(table, key): a key is a string of at most 1024 characters')
    const fetched = facts?.lookups ?? {}
    const values = has(fetched, table) ? fetched[table] : undefined
    if (values !== undefined && has(values, key)) return values[key] ?? undefined
    let count = 0
    const tables = enumerableKeys(fetched)
    for (let at = 0; at < tables.length; at++) count += enumerableKeys(fetched[tables[at] as string] ?? {}).length
    if (count >= MAX_LOOKUPS) throw new TypeErrorHere(`a decision may make at most ${MAX_LOOKUPS} look-ups`)
    suspension ??= { table, key }
    // Not an error of the router's: it unwinds the decision, which is asked again with the value. Catching it changes nothing.
    throw suspension
  }

  function has(owner: object, key: string): boolean {
    return apply(owns, owner, [key]) as boolean
  }

  function note(...values: unknown[]): void {
    if (log.length > MAX_LOG_LINES) return
    let line = ''
    for (let at = 0; at < min(values.length, MAX_KEYS) && line.length < MAX_LOG_CHARACTERS; at++)
      line += (at === 0 ? '' : ' ') + show(values[at])
    log[log.length] = cut(line, MAX_LOG_CHARACTERS)
  }

  function noted(): string[] {
    if (log.length > MAX_LOG_LINES) log[MAX_LOG_LINES] = 'further lines of this decision were dropped'
    return log
  }

  function show(value: unknown): string {
    if (typeof value === 'string') return cut(value, MAX_LOG_CHARACTERS)
    if (typeof value === 'object' && value !== null) {
      if (value instanceof RealError) return describeError(value)
      return cut(stringify(value) ?? 'undefined', MAX_LOG_CHARACTERS)
    }
    return RealString(value)
  }

  function cut(text: string, most: number): string {
    return text.length > most ? `${apply(slice, text, [0, most]) as string}…` : text
  }

  /** An object's own values as plain JSON: strings, numbers, booleans, and bytes as latin1. */
  function flatten(value: unknown, what: string): object {
    if (typeof value !== 'object' || value === null || isArray(value))
      throw new BadShape(
        `${what} is an object, not ${value === null ? 'null' : isArray(value) ? 'an array' : typeof value}`,
      )
    const keys = enumerableKeys(value)
    if (keys.length > MAX_KEYS) throw new BadShape(`${what} has ${keys.length} keys`)
    const flat = create(null)
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at] as string
      const read = (value as Record<string, unknown>)[key]
      if (read !== undefined) flat[cut(key, 40)] = plain(read, key)
    }
    return flat
  }

  function plain(value: unknown, key: string): string | number | boolean {
    if (typeof value === 'number' || typeof value === 'boolean') return value
    if (typeof value === 'string') {
      if (value.length > MAX_TEXT) throw new BadShape(`${key} has ${value.length} characters, more than ${MAX_TEXT}`)
      return value
    }
    if (typeof value === 'object' && value !== null && apply(tagOf, value, []) === 'Uint8Array')
      return fromBytes(value, key)
    throw new BadShape(`${key} is ${value === null ? 'null' : typeof value}, which is not allowed there`)
  }

  function fromBytes(value: object, key: string): string {
    const length = apply(lengthOf, value, []) as number
    if (length > MAX_TEXT) throw new BadShape(`${key} has ${length} bytes, more than ${MAX_TEXT}`)
    let text = ''
    for (let at = 0; at < length; at++) text += fromCharCode((value as Uint8Array)[at] as number)
    return text
  }

  function describeError(error: unknown): string {
    try {
      if (error instanceof BadShape) return error.message
      if (typeof error === 'object' && !(error instanceof RealError)) return 'threw an object that is no Error'
      if (!(error instanceof RealError)) return `threw ${show(error)}`
      const { name, message, stack } = error
      if (typeof stack === 'string') lastStack = cut(stack, MAX_STACK)
      return `${cut(RealString(name), 40)}: ${cut(RealString(message), MAX_LOG_CHARACTERS)}`
    } catch {
      return 'threw something that cannot be shown'
    }
  }

  function failed(kind: string, message: string): string {
    return stringify({ __proto__: null, failed: kind, message, stack: lastStack, log: noted() })
  }

  function suspended(wanted: Suspension): string {
    return stringify({ __proto__: null, lookup: wanted, log: noted() })
  }
}

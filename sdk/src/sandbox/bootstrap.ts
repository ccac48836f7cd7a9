/**
 * The only code of ours inside an isolate. It runs before a tenant's code: it takes what it needs from the builtins, removes
 * every global that is not on its list, and leaves two ways in: `pointsmanLoad`, called once with the bundle, and the function
 * that it returns, called once a question with strings and answering a string. Everything that a tenant can throw, return or
 * redefine is met here, inside the timed call: reading a hostile value outside of it can hang isolated-vm for ever.
 *
 * After tenant code has run, nothing here may read a property that a builtin's prototype could hold instead: a setter there
 * would be handed our own objects, a `toJSON` would say what they are. So what leaves is strings, numbers, and objects and
 * arrays without a prototype; and whatever a tenant does, it fits in a frame, since a host that sends more is killed.
 *
 * It lowers the number of killed hosts and is not the wall: the process is.
 *
 * Its text is what runs (`Function.prototype.toString`), as strict code, so it refers to nothing outside itself.
 */
export function bootstrap(): (question: string) => string {
  type Callable = (...args: never[]) => unknown
  interface Suspension {
    readonly table: string
    readonly key: string
  }
  interface ParsedEndpoint {
    readonly address: string
    readonly port: number
  }
  interface ParsedFacts {
    readonly client: ParsedEndpoint
    readonly local: ParsedEndpoint
    readonly listener: string
    readonly now: number
    readonly lookups: Record<string, Record<string, string | null>>
    readonly event?: object
  }

  const MAX_TEXT = 65_536
  const MAX_KEYS = 16
  const MAX_LOOKUPS = 16
  const MAX_KEY = 1_024
  const MAX_LOG_LINES = 8
  const MAX_LOG_CHARACTERS = 200
  const MAX_STACK = 1_000
  /** Characters of an answer's values together: two payloads and room for the rest. */
  const MAX_ANSWER = 2 * MAX_TEXT + 8_192
  const MAX_HOSTS = 100
  const MAX_HOST = 255
  const MAX_LISTEN = 512 + MAX_HOSTS * MAX_HOST
  /** Of a question, before its facts. */
  const HEAD = 5
  /** What several questions begin with, in place of a hook, and the bytes of the length before each of them. */
  const TOGETHER = 8
  const LENGTH = 4
  /** The bits of `READ` in `facts-read.ts`. */
  const BYTES = 1
  const FINAL = 2
  const CLIENT = 4
  const LOCAL = 16
  const LISTENER = 64
  const NOW = 128
  const HOOKS = ['route', 'onConnect', 'onConnectError', 'onInactivity']
  // biome-ignore format: a list
  const ALLOWED = ['Object', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Math', 'JSON',
    'RegExp', 'Date', 'Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError',
    'Uint8Array', 'Int8Array', 'Uint8ClampedArray', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array',
    'Float64Array', 'DataView', 'parseInt', 'parseFloat', 'isNaN', 'isFinite', 'NaN', 'Infinity', 'undefined', 'globalThis',
    'encodeURIComponent', 'decodeURIComponent', 'encodeURI', 'decodeURI']

  const global = globalThis as unknown as Record<string, unknown>
  const { apply, construct, ownKeys } = Reflect
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf, freeze, create } = Object
  const enumerableKeys = Object.keys
  const { parse, stringify } = JSON
  const RealDate = Date
  const RealProxy = Proxy
  const RealError = Error
  const RealString = String
  const TypeErrorHere = TypeError
  const { fromCharCode } = String
  const { charCodeAt, slice } = String.prototype
  const owns = Object.prototype.hasOwnProperty
  const { isArray } = Array
  const { min } = Math
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

  /** Not an error of the router's: it unwinds a decision that is asked again with the value. Catching it changes nothing. */
  const UNWOUND = freeze({
    __proto__: null,
    message: 'the value is being fetched; the decision is asked again with it',
  })
  const UNSHOWN = 'threw something that cannot be shown'
  const UNSHOWN_ANSWER = stringify({ failed: 'threw', message: UNSHOWN, stack: '' })

  /** What the question under way is about. */
  let asked = ''
  let factsEnd = HEAD
  let final = false
  let facts: ParsedFacts | undefined
  let text: string | undefined
  let bytes: Uint8Array | undefined
  let client: object | undefined
  let local: object | undefined
  /** Which facts the decision has read. */
  let read = 0
  let suspension: Suspension | undefined
  let log: string[] | undefined
  let lastStack = ''
  let definition: Record<string, unknown> | undefined
  let loadError: string | undefined
  const hooks = create(null) as Record<string, Callable>

  /** Seen through a proxy that does nothing: each question has a `conn` of its own, and making it costs next to nothing. */
  const NO_TRAPS = freeze(create(null) as object)
  const CLIENT_SHOWN = endpoint('client', CLIENT)
  const LOCAL_SHOWN = endpoint('local', LOCAL)
  const CONN = freeze({
    get bytes(): Uint8Array {
      read |= BYTES
      bytes ??= toBytes()
      return bytes
    },
    get text(): string {
      read |= BYTES
      text ??= apply(slice, asked, [factsEnd]) as string
      return text
    },
    get final(): boolean {
      read |= FINAL
      return final
    },
    get client(): object {
      client ??= new RealProxy(CLIENT_SHOWN, NO_TRAPS)
      return client
    },
    get local(): object {
      local ??= new RealProxy(LOCAL_SHOWN, NO_TRAPS)
      return local
    },
    get listener(): string {
      read |= LISTENER
      return known().listener
    },
    get now(): number {
      return clock()
    },
    tls: undefined,
    lookup,
    log: note,
  })

  setPrototypeOf(BadShape.prototype, null)
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
    // Without a constructor or a method that makes one, every buffer is as long as it was made, and counted.
    const buffer = getPrototypeOf(new Bytes(0).buffer) as unknown as Record<string | symbol, unknown>
    for (const name of ownKeys(buffer))
      if (name !== 'byteLength' && name !== 'constructor' && typeof name === 'string') delete buffer[name]
    // Temporal gives BigInts, on which one operation can take minutes.
    delete (RealDate.prototype as unknown as Record<string, unknown>).toTemporalInstant
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
      getPrototypeOf(getPrototypeOf([].values())) as object,
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
      if (new.target === undefined) return `${new RealDate(clock())}`
      return construct(RealDate, args.length === 0 ? [clock()] : args, new.target)
    }
    defineProperty(FrozenDate, 'prototype', { value: RealDate.prototype, writable: false })
    defineProperty(FrozenDate, 'now', { value: () => clock() })
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

  /** What is thrown out of here would be read by isolated-vm, with the tenant's getters and no time limit. */
  function dispatch(question: string): string {
    try {
      if (question === '') return describe()
      if (codeOf(question, 0) === TOGETHER) return answerEach(question)
      return answer(question)
    } catch {
      return UNSHOWN_ANSWER
    } finally {
      begin('')
    }
  }

  /** The answers stand in lines: no JSON of ours has a line feed. */
  function answerEach(questions: string): string {
    let answers = ''
    for (let at = 1; at < questions.length; ) {
      const from = at + LENGTH
      const to = from + lengthIn(questions, at)
      answers += (at === 1 ? '' : '\n') + answer(apply(slice, questions, [from, to]) as string)
      at = to
    }
    return answers
  }

  function answer(question: string): string {
    try {
      begin(question)
      return ask(HOOKS[code(0) & 3] as string)
    } catch {
      return UNSHOWN_ANSWER
    }
  }

  function describe(): string {
    try {
      if (loadError !== undefined || definition === undefined) return failed('threw', loadError ?? 'nothing was loaded')
      let described = `"hooks":${stringify(setPrototypeOf(enumerableKeys(hooks), null))}`
      const { listen, failure, memo } = definition
      if (listen !== undefined)
        described += `,"listen":${typeof listen === 'object' ? flatten(listen, 'listen', MAX_LISTEN) : stringify(plain(listen, 'listen', MAX_LISTEN))}`
      if (failure !== undefined) described += `,"failure":${flatten(failure, 'failure', MAX_ANSWER)}`
      if (memo !== undefined) described += `,"memo":${stringify(plain(memo, 'memo', MAX_KEY))}`
      return `{"described":{${described}}}`
    } catch (error) {
      return failed('threw', describeError(error))
    }
  }

  /** Nothing is kept of the question before: it may be long, and there may be no other for a while. */
  function begin(question: string): void {
    asked = question
    facts = undefined
    text = undefined
    bytes = undefined
    client = undefined
    local = undefined
    suspension = undefined
    log = undefined
    lastStack = ''
    read = 0
    if (question === '') return
    final = code(0) > 3
    factsEnd = HEAD + lengthIn(asked, 1)
  }

  function code(at: number): number {
    return codeOf(asked, at)
  }

  function codeOf(text: string, at: number): number {
    return apply(charCodeAt, text, [at]) as number
  }

  /** The u32, little-endian, that stands at `at`. */
  function lengthIn(text: string, at: number): number {
    const low = codeOf(text, at) + codeOf(text, at + 1) * 256
    return low + codeOf(text, at + 2) * 65_536 + codeOf(text, at + 3) * 16_777_216
  }

  function ask(hook: string): string {
    try {
      const call = hooks[hook]
      if (call === undefined) return failed('bad-answer', `the router has no ${hook}`)
      const answer: unknown = apply(call, definition, [new RealProxy(CONN, NO_TRAPS), eventOf(hook)])
      const flat = suspension === undefined ? flatten(answer, 'an answer', MAX_ANSWER) : ''
      if (suspension !== undefined) return suspended(suspension)
      return `{"answer":${flat},"read":${read}${log === undefined ? '' : `,"log":${stringify(noted())}`}}`
    } catch (error) {
      if (suspension !== undefined) return suspended(suspension)
      const message = describeError(error)
      return failed(error instanceof BadShape ? 'bad-answer' : 'threw', message)
    }
  }

  /** The facts are parsed when one is read that is not the bytes: many decisions need no other. */
  function known(): ParsedFacts {
    facts ??= parse(apply(slice, asked, [HEAD, factsEnd]) as string) as ParsedFacts
    return facts
  }

  /** While a router is loaded there is no question yet, and no time. */
  function clock(): number {
    read |= NOW
    return asked === '' ? 0 : known().now
  }

  function eventOf(hook: string): object | undefined {
    if (hook === 'route' || hook === 'onConnect') return undefined
    return has(known(), 'event') ? known().event : undefined
  }

  function endpoint(which: 'client' | 'local', address: number): object {
    const port = address << 1
    return freeze({
      get address(): string {
        read |= address
        return known()[which].address
      },
      get port(): number {
        read |= port
        return known()[which].port
      },
    })
  }

  function toBytes(): Uint8Array {
    const length = asked.length - factsEnd
    const made = new Bytes(length)
    for (let at = 0; at < length; at++) made[at] = code(factsEnd + at)
    return made
  }

  function lookup(table: unknown, key: unknown): string | undefined {
    if (typeof table !== 'string' || !isTableName(table))
      throw new TypeErrorHere('lookup(table, key): a table is named by 1 to 64 letters, digits, _ and -')
    if (typeof key !== 'string') throw new TypeErrorHere('lookup(table, key): a key is a string')
    // What clients send becomes keys: one that no table has is no reason to fail.
    if (key.length > MAX_KEY) return undefined
    const fetched = known().lookups
    const values = has(fetched, table) ? fetched[table] : undefined
    if (values !== undefined && has(values, key)) return values[key] ?? undefined
    let count = 0
    const tables = enumerableKeys(fetched)
    for (let at = 0; at < tables.length; at++) count += enumerableKeys(fetched[tables[at] as string] ?? {}).length
    if (count >= MAX_LOOKUPS) throw new TypeErrorHere(`a decision may make at most ${MAX_LOOKUPS} look-ups`)
    suspension ??= freeze({ __proto__: null, table, key })
    throw UNWOUND
  }

  /** Without a regular expression: a router may have redefined what these run. */
  function isTableName(name: string): boolean {
    for (let at = 0; at < name.length; at++) {
      const code = apply(charCodeAt, name, [at]) as number
      const letter = (code > 64 && code < 91) || (code > 96 && code < 123)
      if (!letter && !(code > 47 && code < 58) && code !== 45 && code !== 95) return false
    }
    return name.length > 0 && name.length <= 64
  }

  function has(owner: object, key: string): boolean {
    return apply(owns, owner, [key]) as boolean
  }

  function note(...values: unknown[]): void {
    log ??= setPrototypeOf([], null) as string[]
    if (log.length > MAX_LOG_LINES) return
    let line = ''
    for (let at = 0; at < min(values.length, MAX_KEYS) && line.length < MAX_LOG_CHARACTERS; at++)
      line += (at === 0 ? '' : ' ') + show(values[at])
    // Showing a value may have run the router's code, which may have logged in turn.
    if (log.length <= MAX_LOG_LINES) log[log.length] = cut(line, MAX_LOG_CHARACTERS)
  }

  function noted(): string[] | undefined {
    if (log !== undefined && log.length > MAX_LOG_LINES)
      log[MAX_LOG_LINES] = 'further lines of this decision were dropped'
    return log
  }

  function show(value: unknown): string {
    if (typeof value === 'object' && value !== null) {
      if (value instanceof RealError) return describeError(value)
      return cut(stringify(value) ?? 'undefined', MAX_LOG_CHARACTERS)
    }
    return cut(RealString(value), MAX_LOG_CHARACTERS)
  }

  function cut(text: string, most: number): string {
    return text.length > most ? `${apply(slice, text, [0, most]) as string}…` : text
  }

  /** An object's own values as plain JSON: strings, numbers, booleans, and bytes as latin1; `most` characters in all. */
  function flatten(value: unknown, what: string, most: number): string {
    if (typeof value !== 'object' || value === null || isArray(value))
      throw new BadShape(
        `${what} is an object, not ${value === null ? 'null' : isArray(value) ? 'an array' : typeof value}`,
      )
    const keys = enumerableKeys(value)
    if (keys.length > MAX_KEYS) throw new BadShape(`${what} has ${keys.length} keys`)
    let json = ''
    let characters = 0
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at] as string
      const read = (value as Record<string, unknown>)[key]
      if (read === undefined) continue
      const name = cut(key, 40)
      const kept = what === 'listen' && name === 'hosts' ? hostList(read) : plain(read, name, MAX_TEXT)
      if (typeof kept === 'string') characters += kept.length
      if (characters > most) throw new BadShape(`${what} has more than ${most} characters`)
      json += `${json === '' ? '{' : ','}${name === 'remote' ? '"remote"' : stringify(name)}:${stringify(kept)}`
    }
    return json === '' ? '{}' : `${json}}`
  }

  function plain(value: unknown, key: string, most: number): string | number | boolean {
    if (typeof value === 'number' || typeof value === 'boolean') return value
    if (typeof value === 'string') {
      if (value.length > most) throw new BadShape(`${key} has ${value.length} characters, more than ${most}`)
      return value
    }
    if (typeof value === 'object' && value !== null && apply(tagOf, value, []) === 'Uint8Array')
      return fromBytes(value, key)
    throw new BadShape(`${key} is ${value === null ? 'null' : typeof value}, which is not allowed there`)
  }

  function hostList(value: unknown): string[] {
    if (!isArray(value)) throw new BadShape('listen.hosts is a list of host names')
    const count = value.length
    if (count > MAX_HOSTS) throw new BadShape(`listen.hosts has ${count} host names, more than ${MAX_HOSTS}`)
    const list = setPrototypeOf([], null) as string[]
    for (let at = 0; at < count; at++) {
      const host: unknown = value[at]
      if (typeof host !== 'string') throw new BadShape(`listen.hosts has ${typeof host} where a host name should be`)
      if (host.length > MAX_HOST) throw new BadShape(`listen.hosts has a host name of ${host.length} characters`)
      list[at] = host
    }
    return list
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
      if (error instanceof BadShape) return cut(error.message, MAX_LOG_CHARACTERS)
      if (typeof error === 'object' && !(error instanceof RealError)) return 'threw an object that is no Error'
      if (!(error instanceof RealError)) return `threw ${show(error)}`
      const { name, message, stack } = error
      if (typeof stack === 'string') lastStack = cut(stack, MAX_STACK)
      return `${cut(RealString(name), 40)}: ${cut(RealString(message), MAX_LOG_CHARACTERS)}`
    } catch {
      return UNSHOWN
    }
  }

  function failed(kind: string, message: string): string {
    return stringify({ __proto__: null, failed: kind, message, stack: lastStack, log: noted() })
  }

  function suspended(wanted: Suspension): string {
    return stringify({ __proto__: null, lookup: wanted, read, log: noted() })
  }
}

/** A message of the type checker, and the word of the source to which it points. */
export interface TypeMessage {
  readonly code: number
  /** Its first line. */
  readonly text: string
  readonly word: string
}

type Words = string | ((match: RegExpExecArray, message: TypeMessage) => string | undefined)

interface Hint {
  readonly codes?: readonly number[]
  readonly word?: string
  readonly text: RegExp
  readonly words: Words
}

const ARMS = "{ remote: 'host:port' }, { noop: true } or { close: true }"
const KEYS = 'remote, data, reply, replyWhen, connectTimeout, inactivityTimeout, noop, atLeast, close'

// Names that a router's author may look for, and what there is instead.
const INSTEAD: Readonly<Record<string, string>> = {
  Buffer: 'use Uint8Array, and utf8() or latin1() of router-sdk',
  TextDecoder: 'conn.text has the bytes as text; latin1() of router-sdk turns others into text',
  TextEncoder: 'use utf8() of router-sdk',
  console: 'use conn.log(…)',
  fetch: 'use conn.lookup(table, key) for what is kept elsewhere',
}
const ABSENT =
  /^(?:Promise|Proxy|Reflect|BigInt|Atomics|SharedArrayBuffer|WeakRef|FinalizationRegistry|WebAssembly|Intl|AsyncFunction|setTimeout|setInterval|setImmediate|queueMicrotask|structuredClone|performance|crypto|URL|process|require|module|exports|global|window|self|__dirname|__filename|Buffer|TextDecoder|TextEncoder|console|fetch)$/

const HINTS: readonly Hint[] = [
  { codes: [2366, 7030], text: /./, words: `a return is missing: each way through ends with an answer, ${ARMS}` },
  {
    text: /^Type '"([^"]*)"' is not assignable to type 'Remote\b/,
    words: ([, found = '']) =>
      found.includes(':')
        ? `remote is 'host:port', '[ipv6]:port' or 'unix:/path', not '${found}'`
        : `remote needs a port: '${found}' has none, write '${found}:80' or whichever it is`,
  },
  {
    text: /^Type 'string' is not assignable to type 'Remote\b/,
    words: 'remote is not just any string: for one that was put together, write remote(text) with remote of router-sdk',
  },
  {
    text: /^Type '(.*)' is not assignable to type 'Remote\b/,
    words: ([, found]) => `remote is a string such as 'host:80', not ${found}`,
  },
  {
    text: /^Type '\{[^}]*remote: TableValue \| undefined;/,
    words: 'remote may be undefined here: a look-up that finds nothing gives undefined, answer something else then',
  },
  {
    codes: [2322],
    text: /to type 'undefined'\.$/,
    words: (_, { word }) =>
      KEYS.split(', ').includes(word)
        ? `'${word}' cannot stand in this answer: an answer has one of remote, noop and close, and not every hook may give each`
        : undefined,
  },
  {
    codes: [2322],
    word: 'close',
    text: /^Type '(.*)' is not assignable/,
    words: ([, found]) => `close is true, a string or bytes, not ${found}`,
  },
  {
    codes: [2322],
    word: 'noop',
    text: /^Type '(?:boolean|true)' is not assignable/,
    words: 'noop cannot stand beside remote or close: it waits for more',
  },
  { codes: [2322], word: 'noop', text: /^Type/, words: 'noop is true, or absent' },
  {
    text: /^Type 'Promise<|^Type '\(.*\) => Promise</,
    words: 'a router answers at once: a promise is no answer',
  },
  {
    codes: [2322],
    text: /^Type '\(.*\) => .*' is not assignable to type '\(*conn: Conn/,
    words:
      'not all that this function returns is an answer; declare what it returns as Answer of router-sdk to see which',
  },
  {
    codes: [2322],
    word: 'hosts',
    text: /^Type '(.*)' is not assignable/,
    words: ([, found]) =>
      `listen.hosts is a list of host names, such as ['git.acme.example', '*.acme.example'], not ${found}`,
  },
  {
    text: /'(\w+)' does not exist in type 'ListenAt'/,
    words: ([, found]) => `listen has no '${found}'; it may have port, host and hosts`,
  },
  {
    text: /'(\w+)' does not exist in type '(?:RouterDefinition|Common)<.*'\. Did you mean to write '(\w+)'/,
    words: ([, found, meant]) => `a router has no '${found}': did you mean '${meant}'?`,
  },
  {
    text: /'(\w+)' does not exist in type '(?:RouterDefinition|Common)</,
    words: ([, found]) =>
      `a router has no '${found}'; it may have listen, failure, route, onConnect, onConnectError and onInactivity`,
  },
  {
    codes: [2345],
    text: /to parameter of type 'RouterDefinition</,
    words: 'this is no router: it needs route(conn), or an onConnect(conn) that never answers { noop: true }',
  },
  {
    codes: [2322],
    text: /^Type '(\{\}|[^{}]*)' is not assignable to type '(?:Answer|CloseAnswer|.*Answer \| .*Answer)'/,
    words: ([, found]) => `${found} is no answer: a router answers ${ARMS}`,
  },
  {
    text: /but '(\w+)' does not exist in type '\w*Answer.*'\. Did you mean to write '(\w+)'/,
    words: ([, found, meant]) => `an answer has no '${found}': did you mean '${meant}'?`,
  },
  {
    text: /[' ](\w+)' does not exist in type '\w*Answer/,
    words: ([, found]) => `an answer has no '${found}'; it may have ${KEYS}`,
  },
  {
    text: /^Cannot find name '(\w+)'|^'(\w+)' only refers to a type/,
    words: ([, missing, type]) => absent(missing ?? type ?? ''),
  },
]

function absent(name: string): string | undefined {
  if (!ABSENT.test(name)) return undefined
  const instead = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined
  return `${name} is not available in a router${instead === undefined ? '' : `: ${instead}`}`
}

/** What the author of a router should know about a message; `undefined` when the message says it well enough. */
export function hint(message: TypeMessage): string | undefined {
  for (const { codes, word, text, words } of HINTS) {
    if (codes !== undefined && !codes.includes(message.code)) continue
    if (word !== undefined && word !== message.word) continue
    const match = text.exec(message.text)
    const found = match === null ? undefined : typeof words === 'string' ? words : words(match, message)
    if (found !== undefined) return found
  }
  return undefined
}

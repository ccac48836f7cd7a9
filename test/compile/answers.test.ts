import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeCompiler } from 'router-sdk/compile'
import { complaintsOf, Folder } from './folder.ts'

after(closeCompiler)

async function complaints(definition: string): Promise<string[]> {
  const head = "import { defineRouter, remote, type Conn } from 'router-sdk'\nvoid remote\nexport type C = Conn\n"
  using folder = new Folder({ 'r.ts': `${head}export default defineRouter({\n${definition}\n})\n` })
  return await complaintsOf(folder.compile())
}

const ARMS = "{ remote: 'host:port' }, { noop: true } or { close: true }"

/** The checker points at `return` where the object is at fault, and else at the property. */
const AT_RETURN = 1 - 'return '.length

const ANSWERS: [answer: string, column: number, words: string][] = [
  ['{ remote: 5 }', 3, "remote is a string such as 'host:80', not number"],
  ["{ remote: 'localhost' }", 3, "remote needs a port: 'localhost' has none, write 'localhost:80' or whichever it is"],
  ["{ remote: 'a:b' }", 3, "remote is 'host:port', '[ipv6]:port' or 'unix:/path', not 'a:b'"],
  ['{ remote: conn.text }', 3, 'remote is not just any string: for one that was put together, write remote(text)'],
  [
    "{ remote: conn.lookup('t', 'k') }",
    AT_RETURN,
    'remote may be undefined here: a look-up that finds nothing gives undefined',
  ],
  ["{ remote: 'a:1', noop: true }", 18, 'noop cannot stand beside remote or close: it waits for more'],
  ["{ remote: 'a:1', conectTimeout: 1 }", 18, "an answer has no 'conectTimeout': did you mean 'connectTimeout'?"],
  ["{ remote: 'a:1', zzz: 1 }", 18, "an answer has no 'zzz'; it may have remote, data, reply"],
  ["{ remote: 'a:1', connectTimeout: '5' }", 18, "Type 'string' is not assignable to type 'number'"],
  [
    "{ remote: 'unix:run/app.sock' }",
    3,
    "remote is 'host:port', '[ipv6]:port' or 'unix:/path', not 'unix:run/app.sock'",
  ],
  ['{ close: false }', 3, 'close is true, a string or bytes, not false'],
  ['{ noop: 1 }', 3, 'noop is true, or absent'],
  ['{}', AT_RETURN, `{} is no answer: a router answers ${ARMS}`],
  ['undefined', AT_RETURN, `undefined is no answer: a router answers ${ARMS}`],
  ['null', AT_RETURN, `null is no answer: a router answers ${ARMS}`],
  ["'a:1'", AT_RETURN, `string is no answer: a router answers ${ARMS}`],
]

const METHOD = ['  route(conn) {\n    if (conn.final) return { close: true }\n    return ', '\n  },'] as const

const shapes: [title: string, before: string, after: string][] = [
  ['a method', ...METHOD],
  ['an arrow function', '  route: (conn) => {\n    if (conn.final) return { close: true }\n    return ', '\n  },'],
  ['a function', '  route: function (conn: Conn) {\n    if (conn.final) return { close: true }\n    return ', '\n  },'],
  [
    'an arrow function without parentheses',
    '  route: conn => {\n    if (conn.final) return { close: true }\n    return ',
    '\n  },',
  ],
]

for (const [answer, column, words] of ANSWERS)
  test(`a wrong answer is shown where it stands: ${answer}`, async () => {
    const found = await complaints(`${METHOD[0]}${answer}${METHOD[1]}`)
    const place = `r.ts:7:${column + 11}: `
    assert.equal(found.length, 1, found.join('\n'))
    assert.equal(found[0]?.slice(0, words.length + place.length), `${place}${words}`)
  })

for (const [title, before, end] of shapes)
  test(`a wrong answer is shown where it stands in ${title}`, async () => {
    const found = await complaints(`${before}{ remote: 5 }${end}`)
    assert.deepEqual(
      found.map((one) => one.slice(0, one.indexOf(' '))),
      ['r.ts:7:14:'],
      found.join('\n'),
    )
  })

test('a router that promises an answer is told that it answers at once', async () => {
  const [asynchronous] = await complaints('  async route(conn) {\n    return { close: true }\n  },')
  assert.match(
    asynchronous ?? '',
    /^r\.ts:5:3: async functions are not available in a router: a router answers at once/,
  )
  const [promise] = await complaints('  route: () => Promise.resolve({ close: true }),')
  assert.match(promise ?? '', /^r\.ts:5:16: Promise is not available in a router/)
})

test('a router may answer with templates, look-ups, remote(), unix sockets, IPv6 addresses and bytes', async () => {
  using folder = new Folder({
    'r.ts': `import { defineRouter, remote, utf8 } from 'router-sdk'
export default defineRouter({
  onConnect: (conn) => (conn.local.port === 25 ? { remote: 'mail:25' } : { noop: true }),
  route(conn) {
    const host = conn.text.slice(1)
    if (host === 'a') return { remote: \`\${host}.internal:80\` }
    if (host === 'b') return { remote: \`10.0.0.1:\${conn.local.port}\` }
    if (host === 'c') return { remote: remote(host) }
    if (host === 'd') return { remote: '[::1]:80', data: utf8(host) }
    if (host === 'e') return { remote: 'unix:/run/e.sock', reply: new Uint8Array(1) }
    const home = conn.lookup('homes', host)
    return home ? { remote: home } : { close: utf8('nö') }
  },
})
`,
  })
  assert.match((await folder.compile()).code, /unix:\/run/)
})

test('a way through without an answer is shown at the hook', async () => {
  const [found] = await complaints('  route(conn) {\n    if (conn.final) return { close: true }\n  },')
  assert.match(found ?? '', /^r\.ts:5:\d+: a return is missing: each way through ends with an answer/)
})

test('the answer on the same line as its hook has the column that the author sees', async () => {
  assert.match((await complaints("  route: conn => ({ remote: 'x' }),"))[0] ?? '', /^r\.ts:5:21: remote needs a port/)
  assert.match(
    (await complaints("  route(conn, s = ')' /* ) */) { return { remote: s } },"))[0] ?? '',
    /^r\.ts:5:43: remote is not/,
  )
})

test('every hook is looked into, and each may answer only what it may', async () => {
  const found = await complaints(`  route: () => ({ remote: 'a' }),
  onConnect: () => ({ remote: 'b' }),
  onConnectError() { return { noop: true } },
  onInactivity() { return { remote: 'a:1' } },`)
  assert.deepEqual(
    found.map((one) => one.slice(0, 60)),
    [
      "r.ts:5:19: remote needs a port: 'a' has none, write 'a:80' or whichever it is",
      "r.ts:6:23: remote needs a port: 'b' has none, write 'b:80' or whichever it is",
      "r.ts:7:31: 'noop' cannot stand in this answer: an answer has one",
      "r.ts:8:29: 'remote' cannot stand in this answer: an answer has one",
    ].map((one) => one.slice(0, 60)),
  )
})

test('a function that stands elsewhere is complained about at its hook, briefly', async () => {
  using folder = new Folder({
    'r.ts':
      "import { defineRouter } from 'router-sdk'\nconst route = () => ({ remote: 'a' })\nexport default defineRouter({ route })",
  })
  const [found] = await complaintsOf(folder.compile())
  assert.match(found ?? '', /^r\.ts:3:31: not all that this function returns is an answer; declare what it returns/)
})

test('a router without a hook, and one that greets with a wait, are told what is needed', async () => {
  const needs = /^r\.ts:4:29: this is no router: it needs route\(conn\), or an onConnect\(conn\) that never answers/
  assert.match((await complaints('  listen: 80'))[0] ?? '', needs)
  assert.match((await complaints('  onConnect: () => ({ noop: true })'))[0] ?? '', needs)
})

test('a misspelt key of a router is shown with the right one', async () => {
  const [found] = await complaints('  lisen: 80,\n  route: () => ({ close: true }),')
  assert.match(found ?? '', /^r\.ts:5:3: a router has no 'lisen': did you mean 'listen'\?/)
})

test('where a router listens is shown with what may stand there', async () => {
  const listening = async (listen: string) =>
    (await complaints(`  listen: ${listen},\n  route: () => ({ close: true }),`))[0]
  assert.match(
    (await listening("{ port: 443, hosts: 'a.example' }")) ?? '',
    /^r\.ts:5:\d+: listen\.hosts is a list of host names, such as \['git\.acme\.example', .*\], not string/,
  )
  assert.match(
    (await listening("{ port: 443, names: ['a.example'] }")) ?? '',
    /^r\.ts:5:\d+: listen has no 'names'; it may have port, host and hosts/,
  )
})

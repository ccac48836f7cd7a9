import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Project, router, tests } from './project.ts'

const GIT = `import { defineRouter } from 'router-sdk'
import { gitRequest } from 'router-sdk/protocols'

export default defineRouter({
  listen: 9418,
  route(conn) {
    const git = gitRequest(conn.bytes)
    if (git.match === 'need-more') return { noop: true, atLeast: git.atLeast }
    if (git.match === 'no') return { close: 'this port speaks git\\n' }
    const home = conn.lookup('homes', git.user)
    return home ? { remote: home } : { close: true }
  },
})
`
const GIT_TEST = `import { git, routerTest } from 'router-sdk/testing'

routerTest('./git.ts', ({ given }) => {
  given(git('alice/site.git')).tables({ homes: { alice: '10.0.0.5:9418' } }).routesTo('10.0.0.5:9418')
  given(git('bob/site.git')).closes()
  given('GET / HTTP/1.1\\r\\n\\r\\n').closes(/speaks git/)
  given('0032git-upl').waits({ atLeast: 50 })
})
`

/** For what is not about noise. */
const BRIEFLY = ['--noise', '0.1']

/** What \`router-sdk test\` says of one router and the lines of its test. */
async function verdict(source: string, ...lines: string[]): Promise<{ code: number | null; stdout: string }> {
  using project = new Project({ 'a.ts': source, 'a.test.ts': tests('a', ...lines) })
  const { code, stdout, stderr } = await project.run(['test', ...BRIEFLY])
  assert.equal(stderr, '')
  return { code, stdout }
}

describe('router-sdk test', () => {
  it('runs the tests beside routers, with the tables beside them, and tells what was measured', async () => {
    using project = new Project({
      'git.ts': GIT,
      'git.test.ts': GIT_TEST,
      'git.homes.json': '{"carol":"10.0.0.6:9418"}',
    })
    const { code, stdout, stderr } = await project.run(['test'])
    assert.equal(stderr, '')
    assert.match(stdout, /^git\.ts\n( {2}✔ .*git\.test\.ts:[4-7]\n){4} {2}✔ \d+ random and mutated inputs\n/)
    assert.match(
      stdout,
      /\d+ decisions · CPU p50 [\d.]+ (?:µ|m)s, p99 [\d.]+ (?:µ|m)s, max [\d.]+ (?:µ|m)s of 20\.0 ms · memory \d+ MiB of 512 MiB · bundle \d+ bytes/,
    )
    assert.match(stdout, /4 of 4 connections as expected\n$/)
    assert.equal(code, 0)
    assert.deepEqual(project.files(), ['git.homes.json', 'git.test.ts', 'git.ts'])
  })

  it("takes tests, and what they import, for modules also where npm init wrote that files aren't", async () => {
    using project = new Project({
      'package.json': '{ "name": "mine", "version": "1.0.0", "type": "commonjs" }',
      'git.ts': GIT,
      'git.test.ts': `import { paths } from './_paths.ts'\n${GIT_TEST.replace("'bob/site.git'", 'paths.bob')}`,
      'git.homes.json': '{}',
      '_paths.ts': "export const paths = { bob: 'bob/site.git' } as const\n",
    })
    const { code, stdout, stderr } = await project.run(['test', ...BRIEFLY])
    assert.deepEqual([code, stderr], [0, ''], stdout)
    assert.match(stdout, /4 of 4 connections as expected\n$/)
  })

  it('says what was expected and what was found, and at which line of the test', async () => {
    const { code, stdout } = await verdict(
      router("return { remote: 'a:80', data: 'x' }"),
      "given('x').closes()",
      "given('x').routesTo('a:80', { data: 'y' })",
    )
    assert.equal(code, 1)
    assert.match(
      stdout,
      /✖ 'x' closes {2}a\.test\.ts:4\n {6}expected: closes\n {6}found: {4}routes to a:80, data 'x'\n/,
    )
    assert.match(stdout, /✖ 'x' routes to a:80 {2}a\.test\.ts:5\n[\s\S]* {6}data: expected 'y', found 'x'\n/)
  })

  it('finds a decision that depends on where the bytes are cut, and shows both cuts', async () => {
    const { code, stdout } = await verdict(
      router("return conn.text.startsWith('GET ') ? { remote: 'a:80' } : { close: true }"),
      "given('GET /').routesTo('a:80')",
    )
    assert.equal(code, 1)
    assert.match(
      stdout,
      /the decision depends on how the bytes arrive:\n\s+all 5 bytes at once {4}→ routes to a:80, which is sent 'GET \/' \(decided after 5\)\n\s+1 byte, then the rest {2}→ closes \(decided after 1\)/,
    )
  })

  it('finds bytes that are lost when they come with those that are replaced', async () => {
    const { code, stdout } = await verdict(
      router("return conn.bytes.length < 2 ? { noop: true } : { remote: 'a:80', data: 'hi' }"),
      "given('ab').routesTo('a:80')",
    )
    assert.equal(code, 1)
    assert.match(
      stdout,
      /2 bytes, and later '\\x00' behind .*is sent 'hi\\x00'[\s\S]*the same with '\\x00' behind at once .*is sent 'hi' /,
    )
  })

  it('finds a connection that is sent on though it was cut short, unless a test says that it is meant to', async () => {
    const source = router(
      "if (conn.final) return { remote: 'a:1' }\n    return conn.bytes.length < 3 ? { noop: true } : { close: true }",
    )
    const unsaid = await verdict(source, "given('abc').closes()")
    assert.equal(unsaid.code, 1)
    assert.match(
      unsaid.stdout,
      /cut short after 1 byte \('a'\), with final set: the router routes to a:1, though it waited/,
    )
    const said = await verdict(source, "given('abc').closes()", "given('a').final().routesTo('a:1')")
    assert.equal(said.code, 0, said.stdout)
  })

  it('does not ask about fewer bytes than the router asked for, however they arrive', async () => {
    const { code, stdout } = await verdict(
      router(
        "return { close: conn.bytes.length < 4 && !conn.final ? 'never asked' : 'x' }",
        'onConnect: () => ({ noop: true, atLeast: 4 }),',
      ),
      "given('abcd').closes('x')",
      "given('abc').waits({ atLeast: 4 })",
    )
    assert.equal(code, 0, stdout)
  })

  it('asks every hook, with the facts that a test gives', async () => {
    const source = `import { defineRouter } from 'router-sdk'

export default defineRouter({
  listen: 25,
  onConnect: (conn) => (conn.client.address === '10.0.0.9' ? { remote: '10.0.0.1:25', connectTimeout: 50 } : { close: \`\${conn.now}\` }),
  onConnectError: (conn, error) => (error.code === 'timeout' ? { remote: '10.0.0.2:25' } : { close: error.remote }),
  onInactivity: (conn, { elapsed }) => ({ close: \`\${elapsed}\` }),
})
`
    const { code, stdout } = await verdict(
      source,
      "given('').from('10.0.0.9:1234').routesTo('10.0.0.1:25', { connectTimeout: 50 })",
      "given('').at(1000).closes('1000')",
      "given('').on('onConnectError', { code: 'timeout' }).routesTo('10.0.0.2:25')",
      "given('').on('onConnectError', { remote: 'b:1' }).closes('b:1')",
      "given('').on('onInactivity', { elapsed: 7 }).closes('7')",
    )
    assert.equal(code, 0, stdout)
  })

  it('shows what a router throws at its own line, and lets a test expect it', async () => {
    const source = router("if (conn.text.startsWith('q')) throw new Error('no q')\n    return { close: true }")
    const { stdout } = await verdict(source, "given('q1').closes()", "given('q1').fails(/no q/)")
    assert.match(
      stdout,
      /✖ 'q1' closes {2}a\.test\.ts:4\n {6}the router fails \(threw\) at a\.ts:6:\d+: Error: no q\n[\s\S]*> 6 \|/,
    )
    assert.match(stdout, /✔ 'q1' fails with \/no q\//)
  })

  it('finds by noise what no test thought of, shrinks it, saves it and tries it first from then on', async () => {
    using project = new Project({
      'a.ts': router(
        "if (conn.text.slice(1, 9).includes('\\xff')) throw new Error('found')\n    return { noop: true }",
      ),
      'a.test.ts': tests('a', "given('hello').waits()"),
    })
    const first = await project.run(['test'])
    assert.equal(first.code, 1)
    assert.match(first.stdout, /noise makes the router fail \(threw\) at a\.ts:6:\d+: Error: found\n/)
    assert.match(
      first.stdout,
      /saved beside a\.test\.ts; as a test:\n\s+given\('A\\xff'\)(?:\.final\(\))?\.answers\(\)\n/,
    )
    assert.equal(JSON.parse(project.read('a.test.fuzz.json')).routers.a[0].bytes, 'A\xff')
    const again = await project.run(['test', ...BRIEFLY])
    assert.match(again.stdout, /an input that was saved still makes the router fail/)
    project.write('a.ts', router('return { noop: true }'))
    const mended = await project.run(['test', ...BRIEFLY])
    assert.deepEqual([mended.code, project.files().includes('a.test.fuzz.json')], [0, true])
    const updated = await project.run(['test', ...BRIEFLY, '--update'])
    assert.deepEqual([updated.code, project.files().includes('a.test.fuzz.json')], [0, false])
  })

  it('finds a router that keeps what it sees of large connections, of which there is little noise', async () => {
    const { code, stdout } = await verdict(
      `const seen: string[] = []\n${router("if (conn.text.length > 20_000) seen.push(conn.text + '.')\n    return { close: true }")}`,
      "given('x').closes()",
    )
    assert.equal(code, 1)
    assert.match(stdout, /memory grows until it is full \(32 MiB\)/)
  })

  it('finds a router that keeps a little of each connection, and says how much, in every report', async () => {
    const keeps = (what: string): string =>
      `const seen: unknown[] = []\n${router(`seen.push(${what})\n    return { close: true }`)}`
    using project = new Project({
      'bytes.ts': keeps('conn.bytes'),
      'bytes.test.ts': tests('bytes', "given('x').closes()"),
      'text.ts': keeps(`\`\${conn.now} \${conn.bytes.length} \${seen.length}\``),
      'text.test.ts': tests('text', "given('x').closes()"),
    })
    const grows = /memory grows by about (\d+) bytes with each decision \([\d.]+ [KM]iB over [\d,]+\)/
    const told = await project.run(['test', 'bytes.ts', 'text.ts'])
    assert.equal(told.code, 1)
    assert.equal(told.stdout.match(new RegExp(grows, 'g'))?.length, 2, told.stdout)
    assert.match(told.stdout, /2 of 2 connections as expected, 2 other problems\n$/)
    for (const reporter of ['tap', 'junit', 'json']) {
      const { code, stdout } = await project.run(['test', 'text.ts', '--reporter', reporter])
      const [, each = ''] = grows.exec(stdout) ?? []
      assert.ok(code === 1 && Number(each) > 32 && Number(each) < 400, `${reporter}, exit code ${code}: ${stdout}`)
    }
  })

  it('lets a router keep what has a bound', async () => {
    const cache = `const seen = new Map<string, number>()
${router(`seen.set(conn.text.slice(0, 12), conn.now)
    if (seen.size > 1000) for (const first of seen.keys()) { seen.delete(first); break }
    return { close: true }`)}`
    using project = new Project({ 'a.ts': cache, 'a.test.ts': tests('a', "given('x').closes()") })
    const { code, stdout } = await project.run(['test'])
    assert.equal(code, 0, stdout)
  })

  it('tells of test files that fail, that test nothing, and of routers that do not compile', async () => {
    using project = new Project({
      'a.test.ts': "throw new Error('broken')\n",
      'b.test.ts': 'export {}\n',
      'c.test.ts': tests('c', "given('').closes()"),
      'c.ts': router('return { remote: 5 }'),
      'd.test.ts': tests('nowhere', "given('').closes()"),
    })
    const { code, stdout } = await project.run(['test'])
    assert.equal(code, 1)
    for (const part of [
      /a\.test\.ts\n {2}✖ the test file fails: Error: broken/,
      /b\.test\.ts\n {2}✖ it tests nothing/,
      /c\.ts\n {2}✖ c\.ts:6:\d+: remote is a string/,
      /nowhere\.ts\n {2}✖ .*does not exist/,
    ])
      assert.match(stdout, part)
  })

  it("tries a router with what is below its folder, and with --flat refuses it as an operator's folder would", async () => {
    using project = new Project({
      'a.ts': `import { word } from './lib/word.ts'\n${router('return { close: word }')}`,
      'a.test.ts': `import { word } from './lib/word.ts'\n${tests('a', 'given("x").closes(word)')}`,
      'lib/word.ts': "export const word = 'bye'\n",
    })
    const own = await project.run(['test', ...BRIEFLY])
    assert.equal(own.code, 0, own.stdout)
    const flat = await project.run(['test', ...BRIEFLY, '--flat'])
    assert.equal(flat.code, 1)
    assert.match(flat.stdout, /a\.ts:1:\d+: cannot import '\.\/lib\/word\.ts': it is in a subfolder/)
  })

  it('runs only what is named', async () => {
    using project = new Project({
      'git.ts': GIT,
      'git.test.ts': GIT_TEST,
      'git.homes.csv': 'carol,10.0.0.6:9418\n',
      'b.test.ts': "throw new Error('not me')\n",
    })
    const { code, stdout } = await project.run(['test', ...BRIEFLY, 'git.ts'])
    assert.equal(code, 0, stdout)
    const none = await project.run(['test', 'c.ts'])
    assert.deepEqual([none.code, none.stderr], [2, 'router-sdk: there is no c.ts\n'])
  })

  it('reports as TAP, JUnit and JSON', async () => {
    using project = new Project({
      'a.ts': router('return { close: true }'),
      'a.test.ts': tests('a', "given('<&').closes()", "given('#').waits()"),
    })
    const [tap, junit, json] = [
      await project.run(['test', ...BRIEFLY, '--reporter', 'tap']),
      await project.run(['test', ...BRIEFLY, '--reporter', 'junit']),
      await project.run(['test', ...BRIEFLY, '--reporter', 'json']),
    ]
    assert.match(
      tap.stdout,
      /^TAP version 14\nok 1 - a\.test\.ts:4 '<&' closes\nnot ok 2 - a\.test\.ts:5 '\\#' waits\n {2}---\n {2}message: \|\n[\s\S]*\n {2}\.\.\.\nok 3 - a\.ts as a whole\n1\.\.3\n$/,
    )
    assert.match(
      junit.stdout,
      /<testsuite name="a\.ts" tests="3" failures="1" time="[\d.]+">\n.*name="a\.test\.ts:4 '&lt;&amp;' closes"/,
    )
    const { ok, routers } = JSON.parse(json.stdout)
    assert.deepEqual([ok, routers[0].cases.length, routers[0].cases[0].problem], [false, 2, undefined])
    assert.deepEqual([tap.code, junit.code, json.code], [1, 1, 1])
  })

  it('watches, and runs again what changed', async (context) => {
    using project = new Project({
      'a.ts': router('return { close: true }'),
      'a.test.ts': tests('a', "given('x').closes()"),
      'b.ts': router('return { noop: true }'),
      'b.test.ts': tests('b', "given('x').waits()"),
    })
    const running = project.start(['test', ...BRIEFLY, '--watch'])
    try {
      await running.prints(/^b\.ts\n {2}✔/m)
      const times: number[] = []
      let from = running.stdout.length
      for (const body of ['return { noop: true }', 'return { close: true }', 'return { noop: true }']) {
        const started = performance.now()
        project.write('a.ts', router(body))
        from = await running.prints(/── a\.ts changed\na\.ts\n {2}[✔✖] 'x' closes/, from)
        times.push(Math.round(performance.now() - started))
      }
      assert.doesNotMatch(running.stdout.slice(from), /^b\.ts/m)
      context.diagnostic(`from save to verdict, in ms: ${times.join(', ')}`)
      assert.ok(Math.min(...times) < 1500, `${times.join(', ')} ms: three times what a quiet machine may take`)
    } finally {
      running.child.kill('SIGINT')
      await running.exited()
    }
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Project, router } from './project.ts'

const HTTP = `import { defineRouter } from 'router-sdk'
import { httpRequest } from 'router-sdk/protocols'

export default defineRouter({
  route(conn) {
    const http = httpRequest(conn.bytes)
    if (http.match === 'need-more') return { noop: true, atLeast: http.atLeast }
    if (http.match === 'no') return { close: 'no\\n' }
    conn.log('asked for', http.path)
    const home = conn.lookup('homes', http.host ?? '')
    return home ? { remote: home } : { close: 'unknown\\n' }
  },
  onConnectError: (conn, error) => ({ close: error.code }),
})
`
const REQUEST = 'GET /x HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n'

describe('router-sdk try', () => {
  it('tells the answer, what each parser said, what was looked up and logged, and the CPU time', async () => {
    using project = new Project({ 'web.ts': HTTP, 'homes.json': '{"a.example":"10.0.0.5:80"}' })
    const { code, stdout } = await project.run(['try', 'web.ts', '--text', REQUEST, '--table', 'homes=homes.json'])
    assert.equal(code, 0)
    assert.match(stdout, /^✔ routes to 10\.0\.0\.5:80\n/)
    assert.match(stdout, /asked {4}route, 36 bytes\n/)
    assert.match(stdout, /parsers {2}httpRequest: method 'GET', target '\/x'.*host 'a\.example'/)
    assert.match(stdout, /no match: .*tlsClientHello/)
    assert.match(stdout, /look-ups homes\["a\.example"\] = "10\.0\.0\.5:80"\n/)
    assert.match(stdout, /log {6}asked for \/x\n/)
    assert.match(stdout, /CPU {6}\d+ µs of 20\.0 ms; the first time /)
  })

  it('takes bytes as text with escapes, in hexadecimal, from a file and from standard input, all the same', async () => {
    using project = new Project({ 'a.ts': router('return { close: conn.bytes }'), bytes: 'a\0\r\n\\' })
    const answer = /^✔ closes with 'a\\x00\\r\\n\\\\'\n/
    const ways: [string[], string?][] = [
      [['--text', 'a\\0\\r\\n\\\\']],
      [['--text', '\\x61\\x00\\x0d\\x0a\\x5c']],
      [['--hex', '61 00:0D0a 5c']],
      [['--file', 'bytes']],
      [['-'], 'a\0\r\n\\'],
    ]
    for (const [words, input] of ways) {
      const { stdout, stderr } = await project.run(['try', 'a.ts', ...words], { ...(input && { input }) })
      assert.match(stdout, answer, stderr)
    }
  })

  it('asks with final, of another hook, and from another client', async () => {
    using project = new Project({
      'web.ts': HTTP,
      'a.ts': router("return { close: [conn.client.address, conn.client.port, conn.final].join(' ') }"),
    })
    const final = await project.run(['try', 'web.ts', '--text', 'GET', '--final'])
    assert.match(final.stdout, /^✔ waits, which closes: no more will come\n/)
    const hook = await project.run(['try', 'web.ts', '--hook', 'onConnectError'])
    assert.match(hook.stdout, /^✔ closes with 'refused'\n/)
    const from = await project.run(['try', 'a.ts', '--text', '', '--from', '[2001:db8::1]:7'])
    assert.match(from.stdout, /^✔ closes with '2001:db8::1 7 false'\n/)
  })

  it('exits with 1 for a router that fails or does not compile, and says where', async () => {
    using project = new Project({
      'a.ts': router("if (conn.text) throw new Error('oops')\n    return { noop: true }"),
      'b.ts': router('return { remote: 5 }'),
    })
    const threw = await project.run(['try', 'a.ts', '--text', 'x'])
    assert.equal(threw.code, 1)
    assert.match(threw.stdout, /^✖ fails \(threw\) at a\.ts:6:\d+: Error: oops\n[\s\S]*> 6 \|/)
    const refused = await project.run(['try', 'b.ts', '--text', 'x'])
    assert.equal(refused.code, 1)
    assert.match(refused.stdout, /b\.ts is refused/)
  })

  it('says what is wrong with how it was asked', async () => {
    using project = new Project({ 'a.ts': router('return { noop: true }'), 'bad.json': '[]' })
    const wrong: [string[], RegExp][] = [
      [[], /give the bytes with --text/],
      [['--text', 'a', '--hex', '00'], /give the bytes once/],
      [['--text', '\\q'], /--text: \\q is no escape/],
      [['--hex', '0'], /--hex takes pairs/],
      [['--file', 'none'], /none cannot be read/],
      [['--text', 'x', '--table', 'homes'], /--table takes NAME=FILE/],
      [['--text', 'x', '--table', 'homes=bad.json'], /bad\.json is a JSON object/],
      [['--text', 'x', '--hook', 'onConnect'], /has no onConnect; it has route/],
      [['--text', 'x', '--hook', 'onconnect'], /It is one of route, onConnect[\s\S]*Did you mean onConnect\?/],
    ]
    for (const [words, message] of wrong) {
      const { code, stderr } = await project.run(['try', 'a.ts', ...words])
      assert.match(stderr, message)
      assert.equal(code, 2, stderr)
    }
  })
})

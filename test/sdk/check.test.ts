import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Project, router } from './project.ts'
import { best, tookText } from './unhurried.ts'

const GOOD = router('return conn.bytes.length === 0 ? { noop: true } : { close: true }', 'listen: 9418,')

describe('router-sdk check', () => {
  it('accepts a router, and says where it listens, what it is asked and how large it is', async () => {
    using project = new Project({ 'git.ts': GOOD })
    const { code, stdout, stderr } = await project.run(['check'])
    assert.match(stdout, /^✔ git\.ts {2}listens on 9418 · route · \d+ bytes · \d+ ms\n$/)
    assert.deepEqual([code, stderr], [0, ''])
  })

  it('checks all routers of the folder and of its tenants, and neither helpers nor tests', async () => {
    using project = new Project({
      'a.ts': GOOD,
      'acme/b.ts': GOOD,
      '_part.ts': 'nonsense',
      'a.test.ts': 'nonsense',
      'a.d.ts': 'nonsense',
      'node_modules/c.ts': 'nonsense',
    })
    const { code, stdout } = await project.run(['check'])
    assert.equal(code, 0)
    assert.deepEqual(stdout.match(/^✔ \S+/gm), ['✔ a.ts', '✔ acme/b.ts'], stdout)
  })

  it("lets a router import from below its own folder, but not, with --flat, one in an operator's", async () => {
    const importing = `import { word } from './lib/word.ts'\n${GOOD.replace('close: true }', 'close: word }')}`
    const part = "export const word = 'bye'\n"
    using project = new Project({
      'a.ts': importing,
      'lib/word.ts': part,
      'acme/b.ts': importing,
      'acme/lib/word.ts': part,
    })
    const own = await project.run(['check'])
    assert.deepEqual([own.code, own.stdout.match(/^. \S+/gm)], [0, ['✔ a.ts', '✔ acme/b.ts']], own.stdout)
    const flat = await project.run(['check', '--flat'])
    assert.deepEqual(flat.stdout.match(/^[✔✖] \S+/gm), ['✖ a.ts', '✔ acme/b.ts', '✖ lib/word.ts'], flat.stdout)
    assert.match(
      flat.stdout,
      /a\.ts:1:\d+: cannot import '\.\/lib\/word\.ts': it is in a subfolder; a router may import/,
    )
    assert.equal(flat.code, 1)
    const named = await project.run(['check', '--flat', 'a.ts', 'acme/b.ts'])
    assert.deepEqual(named.stdout.match(/^[✔✖] \S+/gm), ['✖ a.ts', '✖ acme/b.ts'])
    for (const words of [
      ['try', 'a.ts', '--text', 'x'],
      ['record', 'r.jsonl', 'a.ts', '--text', 'x'],
      ['replay', 'r.jsonl', 'a.ts'],
      ['bench', 'a.ts', '--seconds', '0.1'],
    ]) {
      const free = await project.run(words)
      assert.equal(free.code, 0, free.stdout + free.stderr)
      const strict = await project.run([...words, '--flat'])
      assert.deepEqual([strict.code, /cannot import '\.\/lib\/word\.ts'/.test(strict.stdout)], [1, true], strict.stdout)
    }
  })

  it("shows a wrong answer at the author's own line, with a code frame and what is allowed", async () => {
    using project = new Project({ 'git.ts': router("return { remote: 'localhost' }") })
    const { code, stdout } = await project.run(['check'])
    assert.equal(code, 1)
    assert.match(stdout, /^✖ git\.ts is refused\n\ngit\.ts:6:14: remote needs a port/)
    assert.match(stdout, /^> 6 \| {5}return \{ remote: 'localhost' \}$/m)
  })

  it("shows what is thrown while the first question is asked at the author's own line", async () => {
    using project = new Project({
      'tenant/git.ts': router("if (conn.bytes.length === 0) throw new Error('oops')\n    return { noop: true }"),
    })
    const { code, stdout } = await project.run(['check', 'tenant/git.ts'])
    assert.equal(code, 1)
    assert.match(stdout, /tenant\/git\.ts:6:\d+: its first question \(route, no bytes\) failed: Error: oops\n/)
    assert.match(stdout, /^> 6 \| {5}if \(conn\.bytes\.length === 0\) throw new Error\('oops'\)$/m)
  })

  it('says which router failed and which did not, and gives both as JSON', async () => {
    using project = new Project({ 'a.ts': GOOD, 'b.ts': "import 'node:fs'\n" })
    const { code, stdout } = await project.run(['check', '--json'])
    const { routers } = JSON.parse(stdout)
    assert.equal(code, 1)
    const [a, b] = routers
    assert.deepEqual([a.file, a.ok, a.listen, a.hooks], ['a.ts', true, { port: 9418 }, ['route']])
    assert.deepEqual([b.file, b.ok, b.problems[0].at], ['b.ts', false, 'b.ts:1:8'])
    assert.match(b.problems[0].text, /cannot import 'node:fs'/)
  })

  it('exits with 2 for a file that is none, and where there is no router', async () => {
    using project = new Project()
    const missing = await project.run(['check', 'gti.ts'])
    assert.deepEqual([missing.code, missing.stderr], [2, 'router-sdk: there is no gti.ts\n'])
    const empty = await project.run(['check'])
    assert.equal(empty.code, 2)
    assert.match(empty.stderr, /there is no router in .*: `router-sdk new NAME` writes one\n$/)
  })

  it('checks one router in less than 300 ms of a quiet machine', async (context) => {
    using project = new Project({ 'git.ts': GOOD })
    await project.run(['check']) // what is made once per machine is made
    const took = await best(5, 300, async () => (await project.run(['check'])).ms)
    context.diagnostic(`from start to exit: ${tookText(took)}`)
    assert.ok(took.alone < 300, tookText(took))
  })
})

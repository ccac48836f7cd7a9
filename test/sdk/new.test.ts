import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PROTOCOLS } from '../../sdk/src/cli/templates.ts'
import { Project } from './project.ts'

describe('router-sdk new', () => {
  it('writes a router, tests that pass and what an editor needs', async () => {
    using project = new Project()
    const { code, stdout } = await project.run(['new', 'shop'])
    assert.equal(code, 0)
    assert.deepEqual(project.files(), ['package.json', 'shop.test.ts', 'shop.ts', 'tsconfig.json'])
    assert.match(stdout, /\+ shop\.ts\n\+ shop\.test\.ts\n\+ tsconfig\.json\n\+ package\.json\n/)
    const tested = await project.run(['test', '--noise', '0.2'])
    assert.equal(tested.code, 0, tested.stdout)
  })

  it('writes for every protocol what is green at once', async () => {
    using project = new Project()
    for (const protocol of PROTOCOLS) {
      const { code, stderr } = await project.run(['new', `${protocol}-1`, '--protocol', protocol])
      assert.equal(code, 0, stderr)
    }
    const tested = await project.run(['test', '--noise', '0.05', '--reporter', 'json'])
    assert.equal(tested.code, 0, tested.stdout)
    assert.equal(JSON.parse(tested.stdout).routers.length, PROTOCOLS.length)
  })

  it('writes over nothing', async () => {
    using project = new Project({ 'package.json': '{}', 'tsconfig.json': '{}', 'shop.test.ts': 'mine' })
    const refused = await project.run(['new', 'shop'])
    assert.deepEqual([refused.code, refused.stderr], [2, 'router-sdk: shop.test.ts exists and is not written over\n'])
    const { code } = await project.run(['new', 'store'])
    assert.equal(code, 0)
    assert.deepEqual(
      ['package.json', 'tsconfig.json', 'shop.test.ts'].map((name) => project.read(name)),
      ['{}', '{}', 'mine'],
    )
    assert.ok(!project.files().includes('shop.ts'))
  })

  it('refuses a name that no router can have, and a protocol that it does not know', async () => {
    using project = new Project()
    const name = await project.run(['new', 'a.b'])
    assert.equal(name.code, 2)
    assert.match(name.stderr, /"a\.b" cannot name a router: a name has letters/)
    const protocol = await project.run(['new', 'a', '--protocol', 'gopher'])
    assert.equal(protocol.code, 2)
    assert.match(protocol.stderr, /It is one of http, tls, git/)
    const place = await project.run(['new', '/proc/none/a'])
    assert.deepEqual([place.code, place.stderr.split(':', 2)[1]], [2, ' /proc/none/a cannot be written'])
    assert.deepEqual(project.files(), [])
  })
})

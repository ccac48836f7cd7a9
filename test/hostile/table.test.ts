import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classes, scriptsOf } from './script.ts'
import { documented } from './table.ts'

for (const name of classes())
  test(`docs/security.md has the outcome of every script in ${name}, and of no other`, () => {
    const scripts = scriptsOf(name)
    const rows = documented(name)
    assert.deepEqual([...rows.keys()].sort(), scripts.map((script) => script.name).sort())
    for (const { name: script, outcomes } of scripts)
      assert.ok(
        outcomes.some((one) => one === rows.get(script)),
        script,
      )
  })

test('there are at least 120 hostile scripts, and no two of one name', () => {
  const names = classes()
    .flatMap(scriptsOf)
    .map(({ name }) => name)
  assert.ok(names.length >= 120)
  assert.equal(new Set(names).size, names.length)
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Arena } from './arena.ts'
import { ROUTER, type Script, scriptsOf } from './script.ts'
import { Table } from './table.ts'

/**
 * Serves every script of some classes, each as a tenant of its own, from one real program, and asks one after the other the
 * hostile question. `limits`: of each tenant, where they are not the defaults.
 */
export function asked(classes: readonly string[], config: object = {}): void {
  const scripts = classes.flatMap(scriptsOf)
  let arena: Arena | undefined
  before(async () => {
    const files = scripts.flatMap((script) => [...script.files].map(([file, bytes]) => [script, file, bytes] as const))
    const routers = files.map(([script, file, bytes]) => [`${script.name}/${file}`, bytes.toString()])
    arena = await Arena.start(Object.fromEntries(routers), { config, expect: scripts.map(routerOf) })
  })
  after(() => arena?.[Symbol.asyncDispose]())

  for (const name of classes) {
    const table = new Table(name)
    describe(name, () => {
      for (const script of scripts.filter((one) => one.class === name))
        test(`${script.name} (${script.outcomes.join(' or ')}): ${script.what}`, async () => {
          assert.ok(arena !== undefined)
          const { outcome, got, recovered, said } = await arena.attack(routerOf(script))
          assert.ok(script.outcomes.includes(outcome), `${outcome}; ${JSON.stringify(said)}`)
          assert.match(got, outcome === 'N' ? script.gets : /^$/)
          assert.match(JSON.stringify(said), script.says)
          table.add(script, outcome, recovered)
          arena.pointsman.remove(`${script.name}/${ROUTER}`)
        })
      test('the table of outcomes', (t) => table.finish(t))
    })
  }

  test('no connection that flowed throughout has lost a byte, the program ends in good order, and no process is left', async () => {
    assert.ok(arena !== undefined)
    await arena.finish()
  })
}

function routerOf({ name }: Script): string {
  return `${name}/${ROUTER.replace('.ts', '')}`
}

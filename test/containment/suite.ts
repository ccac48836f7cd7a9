import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Arena } from './arena.ts'
import { type Row, routerName, source } from './row.ts'

/** Runs rows, each with a router of its own, against one real program, and prints how soon the others were served again. */
export function containment(rows: readonly Row[], config: object = {}): void {
  const routers = Object.fromEntries(rows.map((row, index) => [routerName(row, index), source(row)]))
  let arena: Arena | undefined
  before(async () => {
    arena = await Arena.start(routers, { config })
  })
  after(() => arena?.[Symbol.asyncDispose]())

  for (const [index, row] of rows.entries())
    test(`row ${row.row} (${row.outcomes.join('/')}): ${row.name}`, async () => {
      assert.ok(arena !== undefined)
      const { got, outcome } = await arena.attack(routerName(row, index), row.outcomes)
      assert.equal(got, outcome === 'N' ? (row.gets ?? 'answered') : '')
    })

  test('no connection that flowed throughout has lost a byte, and the program ends in good order', async (t) => {
    assert.ok(arena !== undefined)
    for (const line of (await arena.finish()).split('\n')) t.diagnostic(line)
  })
}

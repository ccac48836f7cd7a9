import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { exchange } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { Arena } from './arena.ts'
import { ROUTER, type Script, scriptsOf } from './script.ts'
import { Table } from './table.ts'

/** Compiling and type-checking take 2 s each before they are ended; on a machine that is busy, and behind one another, longer. */
const PATIENCE = 60_000
const AT_ONCE = 4
const FIRST = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.text === '' ? { noop: true } : { close: 'first' }) })
`

/**
 * Saves every script of a class in one real program, each while the first version of its tenant serves: it is refused, and that
 * serves on, or it is harmless, and serves.
 */
export function saved(name: string): void {
  const scripts = scriptsOf(name)
  let arena: Arena | undefined
  before(async () => {
    arena = await Arena.start(Object.fromEntries(scripts.map((script) => [`${script.name}/${ROUTER}`, FIRST])), {
      expect: scripts.map(routerOf),
    })
  })
  after(() => arena?.[Symbol.asyncDispose]())

  const table = new Table(name)
  describe(name, { concurrency: AT_ONCE }, () => {
    for (const script of scripts)
      test(`${script.name} (${script.outcomes.join(' or ')}): ${script.what}`, async () => {
        assert.ok(arena !== undefined)
        await save(arena, script, table)
      })
  })
  test(`the table of outcomes of ${name}`, (t) => table.finish(t))

  test('no connection that flowed throughout has lost a byte, the program ends in good order, and no process is left', async () => {
    assert.ok(arena !== undefined)
    await arena.finish()
  })
}

async function save(arena: Arena, script: Script, table: Table): Promise<void> {
  const { pointsman } = arena
  const port = await pointsman.served(routerOf(script))
  const from = pointsman.lines.length
  for (const [file, bytes] of [...script.files].reverse()) pointsman.write(`${script.name}/${file}`, bytes)
  const started = performance.now()
  assert.equal(await arena.good('neighbour'), 'good neighbour')
  const recovered = performance.now() - started
  const line = await until(
    `${script.name} to be refused or served`,
    () => pointsman.lines.slice(from).find(({ msg, router }) => isVerdict(msg) && router === routerOf(script)),
    () => pointsman.lines.slice(-5),
    PATIENCE,
  )
  const outcome = line.msg === 'router refused' ? 'R' : 'N'
  assert.ok(script.outcomes.includes(outcome), JSON.stringify(line))
  assert.match(JSON.stringify(line), outcome === 'R' ? script.says : /active/)
  assert.ok(JSON.stringify(line).length < 20_000, 'a line that fits into a log')
  assert.match(await exchange(port, 'attack'), outcome === 'R' ? /^first$/ : script.gets)
  await arena.unharmed()
  table.add(script, outcome, recovered)
}

function isVerdict(msg: string): boolean {
  return msg === 'router refused' || msg === 'router active'
}

function routerOf({ name }: Script): string {
  return `${name}/${ROUTER.replace('.ts', '')}`
}

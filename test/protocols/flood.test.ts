import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { closeCompiler, compileRouter } from '../../sdk/src/compile/index.ts'
import { DEFAULTS } from '../../sdk/src/limits.ts'
import { RouterEngine } from '../../sdk/src/sandbox/engine.ts'
import { questionText } from '../../sdk/src/sandbox/question-text.ts'
import { FIXTURES } from '../fixtures/protocols/all.ts'

const FLOOD = 10 * 1_048_576
const PARSERS = Object.keys(FIXTURES)

const BYTES = [0x00, 0xff, 0x20, 0x41]
const ATTEMPTS = 3

/** What is asked: the parser, and what stands before the flood, which is made once, inside: only the parser is measured. */
const routerOf = (byte: number) => `
import { defineRouter } from 'router-sdk'
import { ${PARSERS.join(', ')} } from 'router-sdk/protocols'
const parsers: Record<string, (bytes: Uint8Array) => { readonly match: string }> = { ${PARSERS.join(', ')} }
const flood = new Uint8Array(${FLOOD}).fill(${byte})
export default defineRouter({
  route(conn) {
    const [name = ''] = conn.text.split(' ', 1)
    const start = conn.bytes.subarray(name.length + 1)
    flood.set(start)
    const found = parsers[name]?.(flood).match ?? 'asked nothing'
    flood.fill(${byte}, 0, start.length)
    return { close: found }
  },
})
`
const FACTS = {
  final: false,
  client: { address: '192.0.2.1', port: 1 },
  local: { address: '192.0.2.2', port: 2 },
  listener: '0.0.0.0:2',
  now: 0,
  lookups: {},
}

describe('a flood of 10 MB is answered within the limits of a decision', () => {
  const engine = new RouterEngine(true)

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flood-'))
    const file = join(folder, 'flood.ts')
    const limits = { sourceBytes: DEFAULTS.sourceBytes, compileTime: 20_000 }
    for (const byte of BYTES) {
      await writeFile(file, routerOf(byte))
      const { code } = await compileRouter({ file, folder, subfolders: false, limits })
      assert.equal(engine.load(byte, code, DEFAULTS).status, 'returned')
    }
    await rm(folder, { recursive: true })
  })
  after(() => engine.close())
  after(closeCompiler)

  for (const [parser, messages] of Object.entries(FIXTURES))
    for (const byte of BYTES)
      it(`by ${parser}, of bytes ${byte}, alone and behind half a message`, () => {
        const halves = Object.values(messages).map((message) => message.subarray(0, message.length >> 1))
        for (const start of [new Uint8Array(0), ...halves]) checkFlood(engine, parser, byte, start)
      })
})

/** A busy machine makes one decision slow; a parser that is slow is so each time. */
function checkFlood(engine: RouterEngine, parser: string, byte: number, start: Uint8Array): void {
  const bytes = Buffer.concat([Buffer.from(`${parser} `), start])
  const costs: number[] = []
  while (costs.length < ATTEMPTS) {
    const { status, json, cpu } = engine.ask(byte, questionText({ hook: 'route', facts: FACTS, bytes }))
    costs.push(cpu)
    if (status === 'timeout') continue
    assert.equal(status, 'returned')
    assert.match(json, /"close":"(?:yes|no|need-more)"/)
    if (cpu < DEFAULTS.decisionTime * 1000) return
  }
  assert.fail(`${parser} took ${costs.join(', ')} µs`)
}

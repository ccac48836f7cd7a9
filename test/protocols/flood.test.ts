import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { closeCompiler, compileRouter } from '../../sdk/src/compile/index.ts'
import { DEFAULTS } from '../../sdk/src/limits.ts'
import { RouterEngine } from '../../sdk/src/sandbox/engine.ts'
import { FIXTURES } from '../fixtures/protocols/all.ts'

const FLOOD = 10 * 1_048_576
const PARSERS = Object.keys(FIXTURES)

/** What is asked: the parser, the byte, and what stands before it; the flood itself is made inside. */
const ROUTER = `
import { defineRouter } from 'router-sdk'
import { ${PARSERS.join(', ')} } from 'router-sdk/protocols'
const parsers: Record<string, (bytes: Uint8Array) => { readonly match: string }> = { ${PARSERS.join(', ')} }
export default defineRouter({
  route(conn) {
    const [name = '', byte = ''] = conn.text.split(' ', 2)
    const flood = new Uint8Array(${FLOOD}).fill(Number(byte))
    flood.set(conn.bytes.subarray(name.length + byte.length + 2))
    return { close: parsers[name]?.(flood).match ?? 'asked nothing' }
  },
})
`
const FACTS = JSON.stringify({
  final: false,
  client: { address: '192.0.2.1', port: 1 },
  local: { address: '192.0.2.2', port: 2 },
  listener: '0.0.0.0:2',
  now: 0,
  lookups: {},
})

describe('a flood of 10 MB is answered within the limits of a decision', () => {
  const engine = new RouterEngine(DEFAULTS, true)

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flood-'))
    const file = join(folder, 'flood.ts')
    await writeFile(file, ROUTER)
    const limits = { sourceBytes: DEFAULTS.sourceBytes, compileTime: 20_000 }
    const { code } = await compileRouter({ file, folder, subfolders: false, limits })
    await rm(folder, { recursive: true })
    assert.equal(engine.load(1, code).status, 'returned')
  })
  after(() => engine.close())
  after(closeCompiler)

  for (const [parser, messages] of Object.entries(FIXTURES))
    for (const byte of [0x00, 0xff, 0x20, 0x41])
      it(`by ${parser}, of bytes ${byte}, alone and behind half a message`, () => {
        const halves = Object.values(messages).map((message) => message.subarray(0, message.length >> 1))
        for (const start of [new Uint8Array(0), ...halves]) {
          const text = `${parser} ${byte} ${Buffer.from(start).toString('latin1')}`
          const { status, json, cpu } = engine.ask(1, 'route', FACTS, text)
          assert.equal(status, 'returned', `after ${cpu} µs`)
          assert.match(json, /"close":"(?:yes|no|need-more)"/)
          assert.ok(cpu < DEFAULTS.decisionTime * 1000, `${cpu} µs`)
        }
      })
})

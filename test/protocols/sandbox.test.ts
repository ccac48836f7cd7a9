import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { closeCompiler, compileRouter } from '../../sdk/src/compile/index.ts'
import { OPERATORS } from '../../sdk/src/limits.ts'
import * as protocols from '../../sdk/src/protocols/index.ts'
import { DirectSandbox } from '../../sdk/src/sandbox/direct-sandbox.ts'
import type { Facts } from '../../sdk/src/sandbox/sandbox.ts'
import { FIXTURES } from '../fixtures/protocols/all.ts'

const PARSERS = Object.keys(FIXTURES)
const ROUTER = `
import { defineRouter, utf8 } from 'router-sdk'
import { ${PARSERS.join(', ')} } from 'router-sdk/protocols'
const parsers = { ${PARSERS.join(', ')} }
export default defineRouter({
  route(conn) {
    const found = Object.entries(parsers).map(([name, parse]) => [name, parse(conn.bytes)])
    return { close: utf8(JSON.stringify(found)) }
  },
})
`
const LIMITS = { ...OPERATORS.limits, decisionTime: 1000, loadTime: 1000, isolateMemory: 64 * 1_048_576 }
const FACTS: Facts = {
  final: false,
  client: { address: '192.0.2.1', port: 1 },
  local: { address: '192.0.2.2', port: 2 },
  listener: '0.0.0.0:2',
  now: 0,
  lookups: {},
}

after(closeCompiler)

it('every parser is among those that are tried here', () => {
  const others = Object.keys(protocols).filter((name) => !PARSERS.includes(name))
  assert.deepEqual(others, ['gitError', 'socks4Reply'])
})

it('every parser says inside the sandbox what it says outside', async (test) => {
  const folder = await mkdtemp(join(tmpdir(), 'protocols-'))
  test.after(() => rm(folder, { recursive: true }))
  const sandbox = new DirectSandbox()
  test.after(() => sandbox.close())
  const file = join(folder, 'all.ts')
  await writeFile(file, ROUTER)
  const limits = { sourceBytes: 1_048_576, compileTime: 20_000 }
  const { code } = await compileRouter({ file, folder, subfolders: false, limits })
  await sandbox.load({ id: 1, router: 'all', code, ...OPERATORS, limits: LIMITS })
  for (const [parser, fixtures] of Object.entries(FIXTURES))
    for (const [name, bytes] of Object.entries(fixtures))
      for (const part of [bytes, bytes.subarray(0, bytes.length >> 1)])
        assert.equal(await said(sandbox, part), outside(part), `${parser}: ${name}`)
})

function said(sandbox: DirectSandbox, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    sandbox.ask(1, { hook: 'route', bytes, facts: FACTS }, (reply) => {
      if (reply.kind === 'answered' && reply.decision.kind === 'close')
        resolve(Buffer.from(reply.decision.text ?? '', 'latin1').toString('utf8'))
      else reject(new Error(JSON.stringify(reply)))
    })
  })
}

function outside(bytes: Uint8Array): string {
  const parsers: Record<string, unknown> = protocols
  const ask = (parse: unknown) => (typeof parse === 'function' ? parse(bytes) : undefined)
  return JSON.stringify(PARSERS.map((name) => [name, ask(parsers[name])]))
}

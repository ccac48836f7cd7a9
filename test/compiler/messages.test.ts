import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MessageViolation, parseFromCompiler, parseToCompiler } from '../../src/compiler/messages.ts'
import { within } from '../kit/wait.ts'

const REQUEST = {
  file: '/r/a.ts',
  folder: '/r',
  subfolders: false,
  limits: { sourceBytes: 1, bundleBytes: 2, compileTime: 3 },
  where: { sourceBytes: 'here', bundleBytes: 'there', compileTime: 'elsewhere' },
  together: true,
}
const ROUTER = {
  code: 'code',
  hash: '0123456789ab',
  sourceMap: '{}',
  inputs: ['/r/a.ts'],
  ms: { read: 0, bundle: 1.5, typecheck: 2 },
}
const DIAGNOSTIC = { file: 'a.ts', line: 1, column: 2, text: 'wrong', frame: '' }

test('what the supervisor and the compiler say to each other arrives as it was sent, and nothing besides', () => {
  const asked = { type: 'compile', id: 1, request: REQUEST }
  assert.deepEqual(parseToCompiler({ ...asked, more: 1 }), asked)
  assert.deepEqual(parseToCompiler({ type: 'yield' }), { type: 'yield' })
  for (const said of [
    { type: 'compiled', id: 1, router: ROUTER },
    { type: 'refused', id: 2, diagnostics: [DIAGNOSTIC], inputs: ['/r/a.ts'] },
    { type: 'failed', id: 3, message: 'no place' },
  ])
    assert.deepEqual(parseFromCompiler({ ...said, more: 1 }), said)
})

for (const said of [
  undefined,
  'ready',
  [],
  { type: 'compiled', id: 1 },
  { type: 'compiled', id: '1', router: ROUTER },
  { type: 'compiled', id: -1, router: ROUTER },
  { type: 'compiled', id: 1, router: { ...ROUTER, code: undefined } },
  { type: 'compiled', id: 1, router: { ...ROUTER, hash: '0123456789ab\n' } },
  { type: 'compiled', id: 1, router: { ...ROUTER, inputs: [1] } },
  { type: 'compiled', id: 1, router: { ...ROUTER, inputs: 'a.ts' } },
  { type: 'compiled', id: 1, router: { ...ROUTER, ms: { read: 0, bundle: Number.NaN, typecheck: 0 } } },
  { type: 'refused', id: 1, diagnostics: [], inputs: [] },
  { type: 'refused', id: 1, diagnostics: [{ ...DIAGNOSTIC, line: '1' }], inputs: [] },
  { type: 'refused', id: 1, diagnostics: [DIAGNOSTIC] },
  { type: 'failed', id: 1, message: { toString: 'no' } },
  { type: 'started', id: 1 },
])
  test(`the supervisor does not take this for a message of its compiler: ${JSON.stringify(said)}`, () => {
    assert.throws(() => parseFromCompiler(said), MessageViolation)
  })

for (const said of [
  null,
  { id: 1, request: REQUEST },
  { type: 'compile', id: 1 },
  { type: 'compile', id: 1, request: { ...REQUEST, file: 1 } },
  { type: 'compile', id: 1, request: { ...REQUEST, subfolders: 0 } },
  { type: 'compile', id: 1, request: { ...REQUEST, limits: { sourceBytes: 1, compileTime: 1 } } },
  { type: 'compile', id: 1, request: { ...REQUEST, where: { sourceBytes: 'here' } } },
])
  test(`the compiler does not take this for a message of its supervisor: ${JSON.stringify(said)}`, () => {
    assert.throws(() => parseToCompiler(said), MessageViolation)
  })

test('a compiler that is told what makes no sense ends', async () => {
  const program = fileURLToPath(import.meta.resolve('#compiler'))
  const execArgv = ['--disable-warning=ExperimentalWarning']
  const child = fork(program, { execArgv, stdio: ['ignore', 'inherit', 'ignore', 'ipc'], detached: true })
  child.send({ type: 'compile', id: 1, request: 'all' })
  const [code] = await within('the compiler to end', once(child, 'exit'))
  assert.equal(code, 1)
})

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { CompileFailure, closeCompiler } from 'router-sdk/compile'
import type { CompileRequest } from '../../src/compiler/messages.ts'
import { Compiler, CompilerLost, type CompilerOptions } from '../../src/supervisor/compiler.ts'
import { Retries } from '../../src/supervisor/retries.ts'
import { runs } from '../behaviour/processes.ts'
import { Folder, GOOD } from '../compile/folder.ts'

after(closeCompiler)
const BAD = fileURLToPath(import.meta.resolve('./bad-compiler.ts'))

function compilerFor(t: TestContext, options: Partial<CompilerOptions> = {}) {
  const lines: Record<string, unknown>[] = []
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const compiler = new Compiler({ log, ...options })
  t.after(() => compiler.close())
  return { compiler, lost: () => lines.map(({ why, compiling }) => ({ why, compiling })) }
}

function requestFor(folder: string, file: string): CompileRequest {
  return {
    file: join(folder, file),
    folder,
    subfolders: false,
    limits: { sourceBytes: 1000, bundleBytes: 100_000, compileTime: 10_000 },
    where: { sourceBytes: 'tenants.named.a.limits.sourceBytes', bundleBytes: 'b', compileTime: 'c' },
    together: false,
  }
}

test('a router is compiled in a process of its own, as it is in this one', async (t) => {
  using folder = new Folder({ 'r.ts': GOOD })
  const { compiler } = compilerFor(t)
  const compiled = await compiler.compile(requestFor(folder.path, 'r.ts'))
  const { code, hash, sourceMap, inputs } = await folder.compile()
  assert.deepEqual({ ...compiled, ms: undefined }, { code, hash, sourceMap, inputs, ms: undefined })
  assert.ok(compiled.ms.bundle > 0 && compiled.ms.typecheck > 0)
})

test('what is wrong with a router arrives with its place, its limit, and the files that it depends on', async (t) => {
  using folder = new Folder({ 'r.ts': GOOD.replace("'127.0.0.1:80'", '5'), 'large.ts': `// ${'x'.repeat(1000)}` })
  const { compiler } = compilerFor(t)
  await assert.rejects(compiler.compile(requestFor(folder.path, 'r.ts')), (error) => {
    assert.ok(error instanceof CompileFailure)
    assert.deepEqual(error.inputs, [join(folder.path, 'r.ts')])
    const [{ file, line, frame } = assert.fail()] = error.diagnostics
    assert.deepEqual([file, line], ['r.ts', 7])
    assert.match(frame, /^> 7 \|.*remote: 5/m)
    return true
  })
  const large = compiler.compile(requestFor(folder.path, 'large.ts'))
  await assert.rejects(large, /1000 bytes \(tenants\.named\.a\.limits\.sourceBytes\)/)
})

test('what the compiler could not do is no fault of the router, and is tried again', async (t) => {
  using folder = new Folder({ 'r.ts': GOOD })
  const { compiler } = compilerFor(t)
  const elsewhere = { ...requestFor(folder.path, 'r.ts'), folder: join(folder.path, 'below') }
  const error: unknown = await compiler.compile(elsewhere).catch((thrown: unknown) => thrown)
  assert.match(String(error), /r\.ts is not in .*below$/)
  const retries = new Retries(() => {})
  t.after(() => retries.close())
  assert.equal(retries.after('r', error), 5000)
})

test('a compiler that is killed while it compiles is started again, and does it then', async (t) => {
  using folder = new Folder({ 'r.ts': GOOD })
  const { compiler, lost } = compilerFor(t)
  const compiling = compiler.compile(requestFor(folder.path, 'r.ts'))
  const { pid = assert.fail() } = compiler
  process.kill(pid, 'SIGKILL')
  assert.match((await compiling).hash, /^[0-9a-f]{12}$/)
  assert.notEqual(compiler.pid, pid)
  assert.deepEqual(lost(), [{ why: 'SIGKILL', compiling: 1 }])
})

test('a compiler that ends with what it is asked says so after the second time, and it is tried again later', async (t) => {
  const { compiler, lost } = compilerFor(t, { program: BAD })
  const error: unknown = await compiler.compile(requestFor('/r', 'end.ts')).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof CompilerLost)
  assert.equal(error.message, 'the compiler ended 2 times while it had this to compile (exit code 3)')
  assert.equal(lost().length, 2)
  const retries = new Retries(() => {})
  t.after(() => retries.close())
  assert.equal(retries.after('r', error), 5000)
})

for (const [file, why] of [
  ['garbage.ts', 'it said what makes no sense: router: not an object'],
  ['other.ts', 'it said what makes no sense: id: nobody asked for 2'],
] as const)
  test(`a compiler is ended when ${why}`, async (t) => {
    const { compiler, lost } = compilerFor(t, { program: BAD })
    await assert.rejects(compiler.compile(requestFor('/r', file)), CompilerLost)
    assert.deepEqual(lost()[0], { why, compiling: 1 })
  })

test('a compiler that answers nothing is ended', async (t) => {
  const { compiler, lost } = compilerFor(t, { program: BAD, silence: 300 })
  await assert.rejects(compiler.compile(requestFor('/r', 'nothing.ts')), /it did nothing for 300 ms/)
  assert.deepEqual(lost()[1], { why: 'it did nothing for 300 ms', compiling: 1 })
})

test('a compiler that cannot be started at all is an error too', async (t) => {
  const { compiler } = compilerFor(t, { program: join(BAD, 'none.ts') })
  await assert.rejects(compiler.compile(requestFor('/r', 'r.ts')), /the compiler ended 2 times .*\(exit code 1\)/)
})

test('one that is closed has ended, and starts nothing more', async (t) => {
  const { compiler } = compilerFor(t)
  compiler.start()
  const { pid = assert.fail() } = compiler
  await compiler.close()
  assert.ok(!runs(pid))
  void compiler.compile(requestFor('/r', 'r.ts'))
  assert.equal(compiler.pid, undefined)
  await compiler.close()
})

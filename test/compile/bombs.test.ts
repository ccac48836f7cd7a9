import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { CompileFailure, closeCompiler } from 'router-sdk/compile'
import { BOMBS, bombed, bombedNeighbours, children } from './bombs.ts'
import { complaintsOf, Folder, failureOf, GOOD } from './folder.ts'

// What the compiler leaves behind would be seen here.
const outside = tmpdir()
const temporary = mkdtempSync(join(outside, 'compile-bombs-'))
process.env.TMPDIR = temporary
after(async () => {
  await closeCompiler()
  rmSync(temporary, { recursive: true })
})
afterEach(() => assert.deepEqual(readdirSync(temporary), []))

// One for each compiler: `npm run attacks` has them all.
bombed(['templates', 'recursive types'])
bombedNeighbours(9)

test('compilers that run out of time are ended, and say so', async () => {
  using folder = new Folder({ 'r.ts': `${BOMBS['types of much memory']}\n${GOOD}` })
  assert.deepEqual(await complaintsOf(folder.compile({ compileTime: 100 })), [
    'r.ts:1:1: type-checking took longer than 100 ms',
  ])
  folder.write('r.ts', GOOD)
  const [found] = await complaintsOf(folder.compile({ compileTime: 1 }))
  assert.match(found ?? '', /^r\.ts:1:1: (compiling|type-checking) took longer than 1 ms$/)
  await folder.compile()
})

test('a service that was killed between compilations is started again, and no router is blamed', async () => {
  using folder = new Folder({ 'r.ts': GOOD })
  await folder.compile()
  const services = children()
  assert.equal(services.length, 1)
  for (const pid of services) process.kill(pid, 'SIGKILL')
  for (let i = 0; i < 3; i++) await folder.compile()
})

test('a router is not blamed when there is no place for temporary files', async () => {
  using folder = new Folder({ 'r.ts': GOOD })
  process.env.TMPDIR = join(temporary, 'gone')
  try {
    await assert.rejects(
      folder.compile(),
      (error) => !(error instanceof CompileFailure) && /ENOENT/.test(String(error)),
    )
  } finally {
    process.env.TMPDIR = temporary
  }
  await folder.compile()
})

test('the compiler can be closed and used again', async () => {
  using folder = new Folder({ 'r.ts': GOOD })
  await folder.compile()
  await closeCompiler()
  await closeCompiler()
  await folder.compile()
})

test('what a source prints cannot steer a terminal or forge a line of a log', async () => {
  using folder = new Folder({ 'r.ts': `import '\u001b[2J\u202e\\n{"level":60}'\nconst x\u001b = 1` })
  const { message } = await failureOf(folder.compile())
  assert.ok(!/[\p{Cc}\u202e]/u.test(message.replaceAll('\n', '')), JSON.stringify(message))
})

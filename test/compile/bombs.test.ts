import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { CompileFailure, closeCompiler } from 'router-sdk/compile'
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

const LIMIT = 2000
const repeat = (text: string, count: number) => text.repeat(count)
const numbered = (count: number, write: (i: number) => string) => Array.from({ length: count }, (_, i) => write(i))

const BOMBS: Record<string, string> = {
  parentheses: `const f = ${repeat('(', 120_000)}1${repeat(')', 120_000)}`,
  'open parentheses': `const f = ${repeat('(', 200_000)}`,
  arrows: `const f = ${repeat('a=>', 87_000)}1`,
  brackets: `const f = ${repeat('[', 120_000)}${repeat(']', 120_000)}`,
  'type brackets': `type F = ${repeat('[', 120_000)}${repeat(']', 120_000)}`,
  braces: `${repeat('{', 120_000)}${repeat('}', 120_000)}`,
  templates: `const f = ${repeat('`${', 50_000)}1${repeat('}`', 50_000)}`,
  nots: `const f = ${repeat('!', 250_000)}1`,
  additions: `const f = ${repeat('1+', 120_000)}1`,
  'else ifs': `${repeat('if(a);else ', 22_000)};`,
  'conditional types': `type F<T> = ${repeat('T extends 1?1:', 17_000)}2`,
  'a large switch': `switch (1 as number) {${numbered(18_000, (i) => `case ${i}:`).join('')}}`,
  'regular expressions': numbered(50_000, () => '/a/;').join(''),
  'enum members': `enum E {${numbered(25_000, (i) => `a${i}`).join()}}`,
  'lines of a source map': repeat('\n', 250_000),
  'a long line': `const f = '${repeat('x', 250_000)}'; f.nothing`,
  'errors by the thousand': repeat('x;', 100_000),
  'tuples that double': `type D<T extends unknown[]> = [...T, ...T]\ntype A = [1]\n${numbered(40, (i) => `type A${i} = D<A${i === 0 ? '' : i - 1}>`).join('\n')}\nexport const x: A39 = 1`,
  'a union of ten thousand millions': `type D = 0|1|2|3|4|5|6|7|8|9\ntype N = \`\${D}\${D}\${D}\${D}\${D}\`\nexport const y: \`\${N}\${N}\` = 'b'`,
  'recursive types': `type I<T, N extends 0[]> = N extends [0, ...infer R extends 0[]] ? I<[T, T], R> | I<[T, 0], R> : T\ntype R = [${repeat('0,', 30)}]\nexport const x: I<1, R> = 5`,
  'types of much memory': `type L = 'a'|'b'|'c'|'d'|'e'|'f'|'g'|'h'|'i'|'j'\ntype M<N extends string> = { [K in \`\${N}\${L}\${L}\${L}\${L}\`]: \`\${K}x\` }\n${numbered(300, (i) => `export const m${i}: M<'${i}'> = 5`).join('\n')}`,
}

for (const [title, bomb] of Object.entries(BOMBS))
  test(`a source made to overwhelm compilers ends in time, and the next router compiles: ${title}`, async (t) => {
    using folder = new Folder({ 'r.ts': `${bomb}\n${GOOD}`, 'good.ts': GOOD })
    const peak = new PeakMemory()
    const started = performance.now()
    const outcome = await folder.compile({ compileTime: LIMIT, sourceBytes: 300_000 }).then(
      () => 'compiled',
      (error: unknown) => error,
    )
    const took = performance.now() - started
    const { megabytes } = peak.end()
    const words = outcome instanceof CompileFailure ? outcome.diagnostics[0]?.text.slice(0, 100) : String(outcome)
    t.diagnostic(`${took.toFixed(0)} ms, ${megabytes} MB at most: ${words}`)
    assert.ok(outcome === 'compiled' || outcome instanceof CompileFailure, String(outcome))
    assert.ok(took < LIMIT * 2 + 1000, `${took} ms`)
    assert.ok(megabytes < 1500, `${megabytes} MB`)
    assert.ok(outcome === 'compiled' || outcome.message.length < 20_000, 'a message that fits into a log')
    assert.match((await folder.compile({ file: 'good.ts' })).hash, /^[0-9a-f]{12}$/)
  })

/** The largest resident memory that a child process of this one had, as far as looking every few milliseconds shows. */
class PeakMemory {
  #most = 0
  readonly #timer = setInterval(() => this.#look(), 5)

  #look(): void {
    for (const pid of children()) {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        this.#most = Math.max(this.#most, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0))
      } catch {
        // It has ended since.
      }
    }
  }

  end(): { megabytes: number } {
    clearInterval(this.#timer)
    return { megabytes: Math.round(this.#most / 1024) }
  }
}

function children(): number[] {
  const pids = readdirSync('/proc/self/task').flatMap((task) => {
    try {
      return readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ')
    } catch {
      return []
    }
  })
  return pids.map(Number).filter((pid) => pid > 0)
}

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

test("neighbours' compilations are not harmed by bombs among them", async () => {
  const bombs = ['nots', 'arrows', 'recursive types', 'templates'].map((name) => BOMBS[name] ?? assert.fail(name))
  using folder = new Folder()
  const compiling = Array.from({ length: 24 }, (_, i) => {
    const bomb = i % 3 === 0 ? bombs[(i / 3) % bombs.length] : undefined
    folder.write(`r${i}.ts`, bomb === undefined ? GOOD.replace('8080', `${8000 + i}`) : `${bomb}\n${GOOD}`)
    return folder.compile({ file: `r${i}.ts` }).then(
      ({ code }) => ({ i, good: code.includes(`${8000 + i}`) }),
      (error: unknown) => ({ i, good: !(error instanceof CompileFailure) || bomb === undefined ? error : true }),
    )
  })
  for (const { i, good } of await Promise.all(compiling)) assert.equal(good, true, `r${i}.ts`)
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

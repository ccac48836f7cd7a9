import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CompileFailure } from 'router-sdk/compile'
import { Folder, GOOD } from './folder.ts'

const LIMIT = 2000
const repeat = (text: string, count: number) => text.repeat(count)
const numbered = (count: number, write: (i: number) => string) => Array.from({ length: count }, (_, i) => write(i))

/** Sources made to overwhelm compilers, by what they are. */
export const BOMBS: Readonly<Record<string, string>> = {
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

/** Compiles some of them, each alone, within limits of time and memory, and a good router after each. */
export function bombed(titles: readonly string[]): void {
  for (const title of titles) {
    const bomb = BOMBS[title] ?? assert.fail(title)
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
  }
}

/** Compiles `count` routers at once, of which each third is a bomb. */
export function bombedNeighbours(count: number): void {
  test(`of ${count} compilations at once, neighbours' are not harmed by the bombs among them`, async () => {
    const bombs = ['nots', 'arrows', 'recursive types', 'templates'].map((name) => BOMBS[name] ?? assert.fail(name))
    using folder = new Folder()
    const compiling = Array.from({ length: count }, (_, i) => {
      const bomb = i % 3 === 0 ? bombs[(i / 3) % bombs.length] : undefined
      folder.write(`r${i}.ts`, bomb === undefined ? GOOD.replace('8080', `${8000 + i}`) : `${bomb}\n${GOOD}`)
      return folder.compile({ file: `r${i}.ts` }).then(
        ({ code }) => ({ i, good: code.includes(`${8000 + i}`) }),
        (error: unknown) => ({ i, good: !(error instanceof CompileFailure) || bomb === undefined ? error : true }),
      )
    })
    for (const { i, good } of await Promise.all(compiling)) assert.equal(good, true, `r${i}.ts`)
  })
}

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

/** Child processes of this one. */
export function children(): number[] {
  const pids = readdirSync('/proc/self/task').flatMap((task) => {
    try {
      return readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ')
    } catch {
      return []
    }
  })
  return pids.map(Number).filter((pid) => pid > 0)
}

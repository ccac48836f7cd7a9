import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type CompiledRouter, CompileFailure, closeCompiler } from 'router-sdk/compile'
import { readSources } from '../../sdk/src/compile/sources.ts'
import { isRightTogether } from '../../sdk/src/compile/together.ts'
import { Folder, GOOD } from './folder.ts'

after(closeCompiler)

/** Checks routers in one go; what is known of each, by name. */
async function together(folder: Folder, texts: Record<string, string>, time = 5000): Promise<Record<string, boolean>> {
  const names = Object.keys(texts)
  for (const [name, text] of Object.entries(texts)) folder.write(`${name}.ts`, text)
  const sources = await Promise.all(
    names.map((name) => {
      const place = { file: `${folder.path}/${name}.ts`, folder: folder.path, subfolders: false }
      return readSources({ ...place, sourceBytes: 1_000_000 })
    }),
  )
  // Asked in one turn of the event loop, they are checked in one run.
  const right = await Promise.all(sources.map((one) => isRightTogether(one, time)))
  return Object.fromEntries(names.map((name, index) => [name, right[index] ?? false]))
}

const WRONG_TYPE = `const n: number = 'text'\nvoid n\n${GOOD}`

test('routers that are right are known to be, beside one with a wrong type and one with a wrong syntax', async () => {
  using folder = new Folder()
  const found = await together(folder, { a: GOOD, b: GOOD, wrong: WRONG_TYPE, syntax: `const = 1\n${GOOD}`, c: GOOD })
  assert.deepEqual(found, { a: true, b: true, wrong: false, syntax: false, c: true })
})

test('an error of types is not hidden by an error of syntax in the same run, nor is a router without a default export', async () => {
  using folder = new Folder()
  const found = await together(folder, {
    syntax: 'const = 1',
    wrong: WRONG_TYPE,
    none: 'export const x = 1',
    good: GOOD,
  })
  assert.deepEqual(found, { syntax: false, wrong: false, none: false, good: true })
})

test('no router makes the errors of another go away, however it reaches for what they share', async () => {
  const reaching = [
    "declare global { interface Array<T> { secret: T } const leaked: 'x' }",
    "declare module 'router-sdk' { interface Connection { secret: string } }",
    'decl\\u0061re global { interface Array<T> { secret: T } }',
    'global { interface Array<T> { secret: T } }',
    "module 'router-sdk' { interface Connection { secret: string } }",
    'namespace globalThis { export const leaked = 1 }',
    'interface Array<T> { secret: T }',
    '/// <reference lib="dom" />',
    'var leaked = 1',
  ]
  const victims = {
    victim1: `export const first = [1].secret\n${GOOD}`,
    victim2: `export const second = leaked\n${GOOD}`,
    victim3: `import type { Connection } from 'router-sdk'\nexport const third = (conn: Connection) => conn.secret\n${GOOD}`,
    victim4: `export const fourth = document\n${GOOD}`,
  }
  for (const text of reaching) {
    using folder = new Folder()
    const { victim1, victim2, victim3, victim4, good } = await together(folder, {
      reaching: `${text}\n${GOOD}`,
      ...victims,
      good: GOOD,
    })
    assert.deepEqual([victim1, victim2, victim3, victim4], [false, false, false, false], text)
    assert.equal(good, true, text)
  }
})

test('a router cannot import from the folder of another that is checked in the same run', async () => {
  using folder = new Folder()
  const importing = (path: string) => `import { secret } from '${path}'\nvoid secret\n${GOOD}`
  const found = await together(folder, {
    neighbour: `export const secret = 1\n${GOOD}`,
    up: importing('../neighbour.ts'),
    router: importing('../router/neighbour.ts'),
    star: importing('../*/neighbour.ts'),
  })
  assert.deepEqual(found, { neighbour: true, up: false, router: false, star: false })
})

test('a router that takes too long costs the others their common run, and nothing else', async () => {
  using folder = new Folder()
  const bomb = `type Deep<N, A extends unknown[] = []> = A['length'] extends 900 ? A : Deep<N, [...A, N]>
type Wide<T> = T extends [infer H, ...infer R] ? [Deep<H>, Wide<R>] : []
export const bomb: Wide<Deep<Deep<Deep<1>>>> = 5 as never
${GOOD}`
  const started = performance.now()
  const found = await together(folder, { bomb, good: GOOD }, 300)
  assert.equal(found.bomb, false)
  assert.ok(performance.now() - started < 3000, `${performance.now() - started} ms`)
})

test('sources that are alike are compiled once, and refused again each time', async () => {
  using folder = new Folder({ 'a.ts': GOOD, 'b.ts': GOOD, 'x/a.ts': GOOD, 'wrong.ts': WRONG_TYPE })
  const { compileRouter } = await import('router-sdk/compile')
  const limits = { sourceBytes: 10_000, compileTime: 5000 }
  const compile = (path: string): Promise<CompiledRouter> => {
    const at = `${folder.path}/${path}`
    return compileRouter({ file: at, folder: at.replace(/\/[^/]*$/, ''), subfolders: true, limits, reuse: true })
  }
  const [first, again] = [await compile('a.ts'), await compile('x/a.ts')]
  assert.equal(again.code, first.code)
  assert.deepEqual([again.ms.bundle, again.ms.typecheck], [0, 0])
  assert.deepEqual(again.inputs, [`${folder.path}/x/a.ts`])
  // Messages and maps name the file: another name is another router.
  assert.ok((await compile('b.ts')).ms.bundle > 0)
  for (let time = 0; time < 2; time++) await assert.rejects(compile('wrong.ts'), CompileFailure)
})

test('a bundle over its limit is refused with what it has, what is allowed and where that is set', async () => {
  using folder = new Folder({ 'r.ts': GOOD })
  const { compileRouter } = await import('router-sdk/compile')
  const compiling = compileRouter({
    file: `${folder.path}/r.ts`,
    folder: folder.path,
    subfolders: false,
    limits: { sourceBytes: 10_000, bundleBytes: 30, compileTime: 5000 },
    where: (limit) => `tenants.named.acme.limits.${limit}`,
  })
  await assert.rejects(compiling, (error) => {
    assert.ok(error instanceof CompileFailure)
    const [found] = error.diagnostics
    assert.match(
      found?.text ?? '',
      /^the bundle made of it has \d+ bytes; allowed are 30 \(tenants\.named\.acme\.limits\.bundleBytes\)$/,
    )
    return true
  })
})

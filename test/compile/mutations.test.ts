import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { CompileFailure, closeCompiler } from 'router-sdk/compile'
import { Folder, GOOD } from './folder.ts'

after(closeCompiler)

const FRAGMENTS = [
  ...[
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    '`',
    "'",
    '"',
    '/*',
    '*/',
    '//',
    '\n',
    '\r',
    '\u2028',
    '\0',
    '\ufeff',
    'é',
    '😀',
    '\ud800',
  ],
  ...[
    '=>',
    '...',
    '?.',
    ':',
    ';',
    '<',
    '>',
    '@',
    '#',
    '\\',
    'async ',
    'await ',
    '*',
    'yield',
    'import ',
    'export ',
    'default ',
  ],
  ...[
    'eval(',
    'require("fs")',
    'import("x")',
    '1n',
    'with(a)',
    'route',
    'return',
    'conn',
    ': any',
    'as never',
    '<T>',
    'enum A {}',
  ],
  ..."import x from './r.ts'|import './y.ts'|import type T from '../z.ts'|declare global {}|namespace N {}".split('|'),
]

interface Mutation {
  at: number
  remove: number
  add: string
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(GOOD.length),
  remove: fc.oneof(fc.constant(0), fc.nat(30)),
  add: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 5 })),
})

function mutate(source: string, mutations: Mutation[]): string {
  return mutations.reduce((text, { at, remove, add }) => text.slice(0, at) + add + text.slice(at + remove), source)
}

test('a source that was changed at random compiles or fails with places that exist, and nothing else', async () => {
  using folder = new Folder()
  const property = fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
    const source = mutate(GOOD, mutations)
    folder.write('r.ts', source)
    try {
      const { code } = await folder.compile()
      assert.match(code, /^var pointsmanRouter/)
    } catch (error) {
      if (!(error instanceof CompileFailure)) throw error
      assert.ok(error.diagnostics.length > 0)
      const lines = source.split(/\r\n|[\n\r\u2028\u2029]/)
      for (const { file, line, column, text } of error.diagnostics) {
        assert.equal(file, 'r.ts')
        assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}: ${text}`)
        const length = lines[line - 1]?.length ?? 0
        assert.ok(column >= 1 && column <= length + 1, `${line}:${column} of ${length}: ${text}`)
        assert.notEqual(text, '')
      }
    }
  })
  await fc.assert(property, { numRuns: 100 })
})

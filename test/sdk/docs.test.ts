import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { type Declared, readAbout, readDeclarations } from '../../scripts/read-declarations.ts'
import { DOCUMENT, sdkDocument } from '../../scripts/sdk-docs.ts'
import { isAbsent, isLabel, MODULES, readReference } from '../../scripts/sdk-reference.ts'

const reference = await readReference()
const declared = reference.flatMap(({ name, groups }) =>
  groups.flatMap(({ declarations }) => declarations.map((each) => ({ ...each, module: name }))),
)

describe('the reference of the SDK', () => {
  it('is what `npm run docs` makes of the sources', async () => {
    assert.equal(await readFile(DOCUMENT, 'utf8'), sdkDocument(reference), 'docs/sdk.md is behind: npm run docs')
  })

  it('has every name that the modules export', async () => {
    for (const { name, entry } of MODULES) {
      const exported = Object.keys(await import(new URL(`../../sdk/src/${entry}.ts`, import.meta.url).href))
      const described = declared.filter(({ module }) => module === name).map((each) => each.name)
      assert.deepEqual(
        exported.filter((each) => !described.includes(each)),
        [],
      )
    }
    assert.ok(declared.length > 80, `${declared.length} names`)
  })

  it('says of every name what it is', () => {
    const silent = declared.filter(({ comment }) => comment === undefined || comment.text === '')
    assert.deepEqual(
      silent.map(({ module, name }) => `${module}: ${name}`),
      [],
    )
  })

  it('says of every field what it means, unless its type has but one value or another overload has said it', () => {
    const silent = declared.flatMap(({ name, members }) =>
      members.filter((member, at) => isSilent(member, members.slice(0, at))).map((member) => `${name}.${member.name}`),
    )
    assert.deepEqual(silent, [])
  })

  it('shows an example of every parser, and of every function that a router calls', () => {
    const without = declared.filter(
      ({ module, kind, comment }) =>
        kind === 'function' && module !== 'router-sdk/testing' && comment?.example === undefined,
    )
    assert.deepEqual(
      without.map(({ name }) => name),
      [],
    )
  })

  it('names the specification of every protocol', () => {
    const protocols = reference.find(({ name }) => name === 'router-sdk/protocols')?.groups ?? []
    const without = protocols.filter(
      ({ file, about }) => !file.endsWith('/match') && !/^Specification: /m.test(about?.text ?? ''),
    )
    assert.deepEqual(
      without.map(({ file }) => file),
      [],
    )
  })
})

describe('declarations are read', () => {
  const { declarations, passedOn } = readDeclarations(`import { A } from './a.js';
/** One
 * two.
 *
 * Three; it's \`{\`.
 * @param a first
 * of all
 * @throws never
 * @example
 * f('}', { b: 1 })
 */
export declare function f(a: { /** within; */ b: '}' }, c?: \`a;\`): A;
/** Own. */
interface Own<T> {
    /** Of it. */
    readonly x: { y: string; z: T };
    m?(): void;
}
export type { One, type Two } from './b.js';
export * from './c.js';
export {};
`)

  it('with their comments, tags and members', () => {
    const [f, own] = declarations
    assert.deepEqual(f?.comment, {
      text: "One two.\n\nThree; it's `{`.",
      params: new Map([['a', 'first of all']]),
      throws: 'never',
      example: "f('}', { b: 1 })",
    })
    assert.equal(f?.text, "export declare function f(a: { /** within; */ b: '}' }, c?: `a;`): A")
    assert.equal(own?.isExported, false)
    assert.deepEqual(
      own?.members.map(({ name, comment, text }) => [name, comment?.text, text]),
      [
        ['x', 'Of it.', 'readonly x: { y: string; z: T }'],
        ['m', undefined, 'm?(): void'],
      ],
    )
  })

  it('and what a module passes on', () => {
    assert.deepEqual(passedOn, [
      { from: './b.js', names: ['One', 'Two'] },
      { from: './c.js', names: undefined },
    ])
  })
})

it('a source says of itself what stands before its imports, and nothing else', () => {
  assert.equal(readAbout("/** A. */\nimport { a } from './a.ts'\n/** B. */\nlet b")?.text, 'A.')
  assert.equal(readAbout('/** A. */\nexport function a() {}\n/** B. */\nimport b'), undefined)
})

function isSilent({ name, comment, text }: Declared, before: readonly Declared[]): boolean {
  if (comment !== undefined && comment.text !== '') return false
  return !isAbsent(text) && !isLabel(text) && !before.some((each) => each.name === name && each.comment !== undefined)
}

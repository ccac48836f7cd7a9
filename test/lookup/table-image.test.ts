import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TableImage, TableImageBuilder } from '../../src/lookup/table-image.ts'

function build(entries: Iterable<readonly [string, string]>, seed = 7): TableImage {
  const builder = new TableImageBuilder(seed, 16)
  for (const [key, value] of entries) builder.add(Buffer.from(key), Buffer.from(value))
  return new TableImage(builder.finish())
}

test('an image answers what a Map answers, whatever the keys and values are', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom('', '__proto__', 'constructor', 'a'.repeat(300)),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 400 }), fc.integer(), text, (entries, seed, absent) => {
      const map = new Map(entries)
      const image = build(entries, seed)
      assert.equal(image.size, map.size)
      for (const key of [...map.keys(), absent]) assert.equal(image.get(key), map.get(key))
    }),
  )
})

test('an image without entries has no key', () => {
  assert.equal(build([]).get(''), undefined)
})

test('an image of a million keys finds each of them and none of the others', () => {
  const builder = new TableImageBuilder(1)
  for (let i = 0; i < 1_000_000; i++) builder.add(Buffer.from(`user-${i}`), Buffer.from(`10.0.${i & 255}.1:${i}`))
  const image = new TableImage(builder.finish())
  assert.equal(image.size, 1_000_000)
  for (let i = 0; i < 1_000_000; i += 97) assert.equal(image.get(`user-${i}`), `10.0.${i & 255}.1:${i}`)
  for (let i = 0; i < 1000; i++) assert.equal(image.get(`other-${i}`), undefined)
})

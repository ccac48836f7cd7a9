import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { MachineWords } from '../../src/transport/machine-words.ts'

it('a machine word is its integer, whatever was asked for before', () => {
  const integer = fc.oneof(fc.nat(40), fc.nat(300), fc.nat(0xffffffff))
  fc.assert(
    fc.property(fc.array(integer, { maxLength: 200 }), (integers) => {
      const words = new MachineWords(100)
      for (const each of [...integers, ...integers]) assert.equal(words.of(each), BigInt(each))
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { STATUSES } from '../../sdk/src/sandbox/engine-status.ts'
import { ParsedAnswers } from '../../sdk/src/sandbox/parsed-answers.ts'
import { HostViolation, parseReply } from '../../sdk/src/sandbox/replies.ts'

const TEXTS = [
  '{"answer":{"remote":"a.example:1"},"read":1}',
  '{"answer":{"remote":"a.example:1"},"read":2}',
  '{"answer":{"noop":true},"read":1,"log":["x"]}',
  '{"answer":{"close":"bye"}}',
  '{"answer":{"close":5},"read":1}',
  '{"answer":{"close":true},"read":256}',
  '{"answer":{"close":true},"read":-1}',
  '{"answer":{"close":true},"read":"1"}',
  '{"failed":"threw","message":"m","stack":"","read":1}',
  '{"lookup":{"table":"t","key":"k"},"read":3}',
  '{"answer":',
  'null',
]

function what(parse: () => unknown): unknown {
  try {
    return parse()
  } catch (error) {
    assert.ok(error instanceof HostViolation, String(error))
    return error.message
  }
}

test('an answer that was read before is what reading it again would give, whatever came between', () => {
  const many = fc.nat(60).map((n) => `{"answer":{"remote":"h${n}.example:1"},"read":0}`)
  const long = fc.constantFrom('x', 'y').map((of) => `{"answer":{"close":"${of.repeat(300)}"},"read":0}`)
  const said = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...TEXTS) }, many, long)
  const status = fc.oneof({ weight: 5, arbitrary: fc.constant('returned' as const) }, fc.constantFrom(...STATUSES))
  fc.assert(
    fc.property(fc.array(fc.tuple(status, fc.nat(99), said), { maxLength: 80 }), (replies) => {
      const parsed = new ParsedAnswers()
      for (const [how, cpu, json] of replies)
        assert.deepEqual(
          what(() => parsed.parse(how, cpu, json, 20)),
          what(() => parseReply(how, cpu, json, 20)),
        )
    }),
    { numRuns: 300 },
  )
})

test('what a decision depends on is a set of facts, or a violation; what does not say depends on all', () => {
  const read = (json: string) => what(() => parseReply('returned', 0, json, 20))
  for (const bad of ['256', '-1', '1.5', '"1"', 'null', '[1]', '1e300'])
    assert.equal(read(`{"answer":{"close":true},"read":${bad}}`), 'read: not a set of facts', bad)
  assert.deepEqual(read('{"answer":{"close":true}}'), {
    kind: 'answered',
    decision: { kind: 'close', text: undefined },
    read: 255,
    cpu: 0,
    log: [],
  })
})

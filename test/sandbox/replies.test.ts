import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LoadFailure } from 'router-sdk/sandbox'
import { STATUSES } from '../../sdk/src/sandbox/engine-status.ts'
import { HostViolation, parseDescription, parseMeasure, parseReply } from '../../sdk/src/sandbox/replies.ts'

const status = fc.constantFrom(...STATUSES)
const key = fc.oneof(
  fc.constantFrom('answer', 'failed', 'lookup', 'log', 'message', 'stack', 'described', 'hooks', 'listen', 'failure'),
  fc.constantFrom('remote', 'close', 'noop', 'data', 'reply', 'table', 'key', 'port', 'host', '__proto__', 'toJSON'),
)
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    'threw',
    'bad-answer',
    'route',
    'a:1',
    true,
    null,
    -0,
    1e308,
    '\u0000\u2028',
    'x'.repeat(2000),
  ),
  fc.jsonValue(),
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 12 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
  ),
}))
const json = fc.oneof(
  fc.string(),
  fc.json(),
  tree.map((value) => JSON.stringify(value) ?? ''),
)

test('whatever a host says of an answer, it is a reply or a violation', () => {
  fc.assert(
    fc.property(status, fc.nat(), json, (how, cpu, text) => {
      try {
        const reply = parseReply(how, cpu, text, 20)
        assert.ok(['answered', 'lookup', 'failed'].includes(reply.kind))
        assert.ok(reply.log.length <= 9)
        assert.doesNotMatch(
          JSON.stringify([reply.log, reply.kind === 'failed' && reply.message]),
          /[\u0000-\u001f\u2028\u202e]/,
        )
      } catch (error) {
        assert.ok(error instanceof HostViolation, String(error))
      }
    }),
    { numRuns: 3000 },
  )
})

test('whatever a host says of a load, it is a description, a failure of the router or a violation', () => {
  fc.assert(
    fc.property(status, json, (how, text) => {
      try {
        const { hooks } = parseDescription(how, text, 20)
        assert.ok(hooks.includes('route') || hooks.includes('onConnect'))
      } catch (error) {
        assert.ok(error instanceof HostViolation || error instanceof LoadFailure, String(error))
      }
    }),
    { numRuns: 3000 },
  )
})

test('whatever a host says of a measure, it is a number of bytes, nothing or a violation', () => {
  assert.equal(parseMeasure('returned', '1048576'), 1_048_576)
  for (const how of ['elsewhere', 'memory'] as const) assert.equal(parseMeasure(how, ''), undefined)
  for (const digits of ['', '-1', '1e9', '0x10', ' 1', '1 ', '1.5', 'NaN', '{}', '1'.repeat(13), '٣'])
    assert.throws(() => parseMeasure('returned', digits), HostViolation, digits)
  for (const how of ['timeout', 'broken'] as const) assert.throws(() => parseMeasure(how, '1'), HostViolation)
})

test('what a bootstrap never says is a violation', () => {
  const never = [
    'null',
    '[]',
    '{"lookup":{"table":"../x","key":"k"}}',
    `{"lookup":{"table":"t","key":"${'k'.repeat(2000)}"}}`,
    '{"failed":"killed","message":"m","stack":""}',
    '{"failed":"threw","stack":""}',
    '{"failed":"threw","message":"m"}',
    `{"failed":"threw","message":"m","stack":"${'s'.repeat(2000)}"}`,
    '{"answer":{"close":true},"log":"text"}',
    '{"answer":{"close":true},"log":[1]}',
    `{"answer":{"close":true},"log":${JSON.stringify(Array(10).fill('line'))}}`,
  ]
  for (const text of never) assert.throws(() => parseReply('returned', 0, text, 20), HostViolation, text)
})

test('an answer cannot bring a property by way of __proto__', () => {
  const reply = parseReply('returned', 0, '{"answer":{"__proto__":{"close":true}}}', 20)
  assert.deepEqual([reply.kind, reply.kind === 'failed' && reply.failure], ['failed', 'bad-answer'])
})

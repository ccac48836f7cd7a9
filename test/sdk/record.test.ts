import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseAnswer } from '../../sdk/src/decision.ts'
import {
  BadRecord,
  encodeRecord,
  parseRecordLine,
  RECORD_HEADER,
  type RecordedConnection,
} from '../../sdk/src/record.ts'

const latin1 = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const decision = fc.oneof(
  fc.record({ remote: fc.constantFrom('a:80', '[::1]:1', 'unix:/x'), data: fc.option(latin1, { nil: undefined }) }),
  fc.record({ remote: fc.constant('a:80'), reply: latin1, replyWhen: fc.constantFrom('decided', 'connected') }),
  fc.record({ close: fc.oneof(fc.constant(true), latin1) }),
  fc.record({ noop: fc.constant(true), atLeast: fc.nat() }),
)
const question = fc.record({
  hook: fc.constantFrom('route', 'onConnect', 'onConnectError', 'onInactivity'),
  bytes: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.nat()),
  final: fc.boolean(),
  now: fc.nat(),
  lookups: fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.option(fc.string()))),
  decision: decision.map(parseAnswer),
})
const endpoint = fc.record({ address: fc.ipV4(), port: fc.nat(65_535) })
const connection: fc.Arbitrary<RecordedConnection> = fc.record({
  id: fc.string(),
  time: fc.string(),
  router: fc.string(),
  client: endpoint,
  local: endpoint,
  listener: fc.string(),
  questions: fc.array(question, { minLength: 1, maxLength: 3 }),
})

/** Without prototypes, and with bytes as lists. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, inner) => (inner instanceof Uint8Array ? [...inner] : inner)))
}

describe('the record of connections', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(connection, (written) => {
        const read = parseRecordLine(encodeRecord(written), false)
        const bytes = (list: RecordedConnection): unknown =>
          list.questions.map((asked) => (typeof asked.bytes === 'number' ? asked.bytes : [...asked.bytes]))
        assert.ok(read !== undefined)
        assert.deepEqual(bytes(read), bytes(written))
        const rest = ({ questions, ...more }: RecordedConnection): unknown =>
          plain({ ...more, questions: questions.map((asked) => ({ ...asked, bytes: 0 })) })
        assert.deepEqual(rest(read), rest(written))
      }),
    )
  })

  it('has a header with its version', () => {
    assert.equal(parseRecordLine(RECORD_HEADER, true), undefined)
    assert.throws(() => parseRecordLine('{"pointsmanRecord":2}', true), BadRecord)
  })

  it('throws nothing but BadRecord, whatever a line holds', () => {
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(connection, fc.nat(), fc.string()).map(([made, at, put]) => {
        const text = encodeRecord(made)
        const cut = at % text.length
        return text.slice(0, cut) + put + text.slice(cut + put.length)
      }),
    )
    fc.assert(
      fc.property(line, (text) => {
        try {
          parseRecordLine(text, false)
        } catch (error) {
          assert.ok(error instanceof BadRecord, String(error))
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses what is none, and says which part', () => {
    const good = JSON.parse(
      encodeRecord({
        id: 'a',
        time: 't',
        router: 'git',
        client: { address: 'x', port: 1 },
        local: { address: 'y', port: 2 },
        listener: 'l',
        questions: [
          {
            hook: 'route',
            bytes: new Uint8Array([1]),
            final: false,
            now: 1,
            lookups: {},
            decision: parseAnswer({ close: true }),
          },
        ],
      }),
    )
    const wrong: [object, RegExp][] = [
      [{ id: 1 }, /id is a string/],
      [{ id: 'a\u001b[2J' }, /id has a control character/],
      [{ router: 'a'.repeat(2000) }, /router has more than 1024 characters/],
      [{ client: { address: 'x', port: 70_000 } }, /client\.port is a whole number/],
      [{ questions: [] }, /questions is a list with at least one/],
      [{ questions: [{ ...good.questions[0], hook: 'x' }] }, /hook is one of route/],
      [{ questions: [{ ...good.questions[0], bytes: '?' }] }, /bytes is base64/],
      [{ questions: [{ ...good.questions[0], bytes: { redacted: -1 } }] }, /redacted is a number/],
      [{ questions: [{ ...good.questions[0], lookups: { a: { b: 1 } } }] }, /lookups\.a\.b is a string/],
      [{ questions: [{ ...good.questions[0], decision: { remote: 'x' } }] }, /decision: remote: "x" is not host:port/],
    ]
    for (const [change, message] of wrong)
      assert.throws(() => parseRecordLine(JSON.stringify({ ...good, ...change }), false), message)
  })
})

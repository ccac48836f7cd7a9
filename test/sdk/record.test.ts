import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseAnswer } from '../../sdk/src/decision.ts'
import { BadRecord, parseRecordLine, RECORD_HEADER, type RecordedConnection, Tape } from '../../sdk/src/record.ts'

const latin1 = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const decision = fc.oneof(
  fc.record({ remote: fc.constantFrom('a:80', '[::1]:1', 'unix:/x'), data: fc.option(latin1, { nil: undefined }) }),
  fc.record({ remote: fc.constant('a:80'), reply: latin1, replyWhen: fc.constantFrom('decided', 'connected') }),
  fc.record({ close: fc.oneof(fc.constant(true), latin1) }),
  fc.record({ noop: fc.constant(true), atLeast: fc.nat() }),
)
const question = fc.record({
  hook: fc.constantFrom('route', 'onConnect', 'onConnectError', 'onInactivity'),
  length: fc.nat(40),
  final: fc.boolean(),
  now: fc.nat(),
  lookups: fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.option(fc.string()))),
  decision: decision.map(parseAnswer),
})
const endpoint = fc.record({ address: fc.ipV4(), port: fc.nat(65_535) })
const connection = fc.record({
  id: fc.string(),
  time: fc.string(),
  router: fc.string(),
  client: endpoint,
  local: endpoint,
  listener: fc.string(),
  questions: fc.array(question, { minLength: 1, maxLength: 3 }),
})
const BYTES = Uint8Array.from({ length: 40 }, (_, at) => at)

type Written = Omit<RecordedConnection, 'bytes' | 'leftOut'>

function encode({ questions, ...rest }: Written, keep?: number): string {
  const tape = new Tape(keep)
  for (const { length, ...asked } of questions) tape.add(asked, BYTES.subarray(0, length))
  return tape.line(rest)
}

/** Without prototypes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

const ENDS = {
  id: 'a',
  time: 't',
  router: 'git',
  client: { address: 'x', port: 1 },
  local: { address: 'y', port: 2 },
  listener: 'l',
}

describe('the record of connections', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(connection, (written) => {
        const read = parseRecordLine(encode(written), false)
        assert.ok(read !== undefined)
        const { bytes, leftOut, ...rest } = read
        const longest = Math.max(...written.questions.map(({ length }) => length))
        assert.deepEqual([...bytes], [...BYTES.subarray(0, longest)])
        assert.equal(leftOut, 0)
        assert.deepEqual(plain(rest), plain(written))
      }),
    )
  })

  it('keeps thousands of questions of one connection, and its bytes once', () => {
    const wait = { hook: 'route', final: false, now: 1, lookups: {}, decision: { kind: 'wait', atLeast: 1 } } as const
    const bytes = new Uint8Array(32_768).fill(65)
    const tape = new Tape()
    for (let length = 1; length <= 4000; length++) tape.add(wait, bytes.subarray(0, length))
    tape.add({ ...wait, decision: parseAnswer({ close: true }) }, bytes)
    const line = tape.line(ENDS)
    assert.ok(line.length < 120_000, `${line.length} characters`)
    const read = parseRecordLine(line, false)
    assert.deepEqual(read?.questions.map(({ length }) => length).slice(-2), [4000, 32_768])
    assert.deepEqual([read?.questions.length, read?.leftOut, read?.bytes.length], [4001, 0, 32_768])
  })

  it('says how many questions it left out, and leaves out only such as were answered with noop', () => {
    const wait = { hook: 'route', final: false, now: 1, lookups: { a: { b: 'c'.repeat(20_000) } } } as const
    const tape = new Tape()
    const decisions = [...Array.from({ length: 20 }, () => ({ noop: true })), { remote: 'a:1' }, { remote: 'b:1' }]
    for (const [at, answer] of decisions.entries())
      tape.add({ ...wait, decision: parseAnswer(answer) }, BYTES.subarray(0, at))
    const line = tape.line(ENDS)
    assert.ok(line.length < 200_000, `${line.length} characters`)
    const read = parseRecordLine(line, false)
    const lengths = read?.questions.map(({ length }) => length) ?? []
    assert.deepEqual(
      [lengths.slice(0, 3), lengths.slice(-2)],
      [
        [0, 1, 2],
        [20, 21],
      ],
    )
    assert.equal((read?.leftOut ?? 0) + lengths.length, 22)
  })

  it('has nothing of a connection beyond the bytes that are kept', () => {
    const secret = 'hunter2'
    const asked = { hook: 'route', final: false, now: 1, lookups: { homes: { [secret]: secret } } } as const
    const answers = [{ remote: 'a:1', data: secret, reply: secret }, { close: secret }, { noop: true, atLeast: 3 }]
    const decisions = [...answers.map(parseAnswer), { kind: 'failed', message: secret } as const]
    for (const decision of decisions) {
      const tape = new Tape(5)
      tape.add({ ...asked, decision }, Buffer.from(`user ${secret}`))
      const line = tape.line(ENDS)
      assert.ok(!line.includes(secret) && !line.includes('aHVudGVyMg'), line)
      const read = parseRecordLine(line, false)
      assert.deepEqual(read?.bytes, Buffer.from('user '))
      assert.deepEqual([read?.questions[0]?.length, read?.questions[0]?.decision.kind], [12, decision.kind])
    }
  })

  it('has a header with its version', () => {
    assert.equal(parseRecordLine(RECORD_HEADER, true), undefined)
    assert.throws(() => parseRecordLine('{"pointsmanRecord":1}', true), BadRecord)
  })

  it('throws nothing but BadRecord, whatever a line holds', () => {
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(connection, fc.nat(), fc.string()).map(([made, at, put]) => {
        const text = encode(made)
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
      encode({
        ...ENDS,
        questions: [
          {
            hook: 'route',
            length: 1,
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
      [{ bytes: '?' }, /bytes is base64/],
      [{ bytes: undefined }, /bytes is a string/],
      [{ leftOut: -1 }, /leftOut is a whole number/],
      [{ questions: [{ ...good.questions[0], length: -1 }] }, /length is a whole number/],
      [{ questions: [[1, 'now', 2]] }, /now is a number of milliseconds/],
      [{ questions: [[1, 2]] }, /atLeast is a whole number/],
      [{ questions: [{ ...good.questions[0], lookups: { a: { b: 1 } } }] }, /lookups\.a\.b is a string/],
      [{ questions: [{ ...good.questions[0], decision: { remote: 'x' } }] }, /decision: remote: "x" is not host:port/],
    ]
    for (const [change, message] of wrong)
      assert.throws(() => parseRecordLine(JSON.stringify({ ...good, ...change }), false), message)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeAnswer,
  decodeAsk,
  decodeLoad,
  decodeMeasure,
  encodeAnswer,
  encodeAsk,
  encodeLoad,
  encodeMeasure,
  encodeReady,
  FRAME,
  FrameReader,
  FrameViolation,
} from '../../sdk/src/sandbox/frames.ts'
import { bytesOf, factsText, questionText } from '../../sdk/src/sandbox/question-text.ts'
import { question } from './sandboxes.ts'

const MOST = 1 << 20

interface Seen {
  type: number
  id: number
  body: string
}

/** What a reader makes of chunks: the frames, or the violation that ended it. */
function read(chunks: Iterable<Buffer>, limit = MOST): { frames: Seen[]; violation: boolean; unfinished: number } {
  const reader = new FrameReader(limit)
  const frames: Seen[] = []
  try {
    for (const chunk of chunks)
      reader.feed(chunk, ({ type, id, body }) => frames.push({ type, id, body: body.toString('latin1') }))
    return { frames, violation: false, unfinished: reader.unfinished }
  } catch (error) {
    if (!(error instanceof FrameViolation)) throw error
    return { frames, violation: true, unfinished: reader.unfinished }
  }
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield Buffer.from(bytes.subarray(at, at + size))
    at += size
  }
}

const answers = fc.array(
  fc.record({
    id: fc.nat(),
    cpu: fc.nat(),
    json: fc.oneof(fc.string(), fc.string({ minLength: 5000, maxLength: 9000 })),
  }),
  { maxLength: 12 },
)
const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 })

test('however a stream is cut, the frames are the same and nothing is left over', () => {
  fc.assert(
    fc.property(answers, sizes, (list, pieces) => {
      const encoded = [encodeReady(), ...list.map(({ id, cpu, json }) => encodeAnswer(id, 'returned', cpu, json))]
      const stream = Buffer.concat(encoded)
      const whole = read([stream])
      assert.equal(whole.frames.length, list.length + 1)
      assert.deepEqual(read(cut(stream, pieces)), whole)
      assert.equal(whole.unfinished, 0)
      const bodies = whole.frames.slice(1).map(({ body }) => decodeAnswer(Buffer.from(body, 'latin1')).json)
      assert.deepEqual(
        bodies,
        list.map(({ json }) => Buffer.from(json).toString()),
      )
    }),
    { numRuns: 200 },
  )
})

test('random bytes throw nothing but FrameViolation, and keep no more than the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
      const { unfinished } = read(
        chunks.map((chunk) => Buffer.from(chunk)),
        300,
      )
      assert.ok(unfinished <= 304 + 200, `${unfinished} bytes kept`)
    }),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
      try {
        decodeAnswer(Buffer.from(body))
      } catch (error) {
        assert.ok(error instanceof FrameViolation)
      }
    }),
    { numRuns: 1000 },
  )
})

test('a frame of 1 MB that comes byte by byte is read in linear time', () => {
  const frame = encodeAnswer(1, 'returned', 0, 'x'.repeat(1_000_000))
  const started = performance.now()
  const { frames } = read(cut(frame, [1]))
  assert.equal(frames.length, 1)
  assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`)
})

test('a length over the limit, or under the least, is refused at its fourth byte', () => {
  for (const length of [MOST + 1, 0xffffffff, 0, 4]) {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(length)
    assert.equal(read([bytes]).violation, true, `${length}`)
  }
})

test('what is encoded is decoded', () => {
  const limits = { decisionTime: 20, loadTime: 60_000, isolateMemory: 4096 * 1_048_576 }
  fc.assert(
    fc.property(fc.nat(), fc.string(), fc.string(), fc.uint8Array(), (version, code, listener, bytes) => {
      const [load] = read([encodeLoad(7, { version, limits, code })]).frames
      assert.deepEqual([load?.type, load?.id], [FRAME.load, 7])
      const loaded = decodeLoad(Buffer.from(load?.body ?? '', 'latin1'))
      assert.deepEqual(loaded, { version, limits, code: Buffer.from(code).toString() })
      const [measure] = read([encodeMeasure(9, version)]).frames
      assert.deepEqual([measure?.type, measure?.id], [FRAME.measure, 9])
      assert.equal(decodeMeasure(Buffer.from(measure?.body ?? '', 'latin1')), version)
      const { facts } = question('', { listener })
      const asked = { hook: 'onInactivity', facts, bytes } as const
      const [ask] = read([encodeAsk(8, version, asked)]).frames
      const decoded = decodeAsk(Buffer.from(ask?.body ?? '', 'latin1'))
      assert.deepEqual(decoded, { version, question: questionText(asked) })
      assert.equal(bytesOf(decoded.question), Buffer.from(bytes).toString('latin1'))
      const json = decoded.question.slice(5, decoded.question.length - bytes.length)
      assert.match(json, /^[\0-\x7f]*$/)
      assert.deepEqual(JSON.parse(json), facts)
    }),
  )
})

test('no CPU time is too odd for a frame', () => {
  for (const cpu of [-5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40]) {
    const body = encodeAnswer(1, 'memory', cpu, '').subarray(9)
    assert.ok(decodeAnswer(body).cpu >= 0)
  }
})

test('the facts of a question are JSON of them all, in ASCII', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 12 })
  const endpoint = fc.record({ address: anything, port: fc.nat(65_535) })
  const lookups = fc.dictionary(anything, fc.dictionary(anything, fc.option(anything), { maxKeys: 2 }), { maxKeys: 2 })
  const plain = {
    final: fc.boolean(),
    client: endpoint,
    local: endpoint,
    listener: anything,
    now: fc.nat(),
    lookups,
  }
  const facts = fc.oneof(fc.record(plain), fc.record({ ...plain, event: fc.dictionary(anything, fc.jsonValue()) }))
  fc.assert(
    fc.property(facts, (some) => {
      const text = factsText(some)
      assert.match(text, /^[\0-\x7f]*$/)
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(some)))
    }),
  )
})

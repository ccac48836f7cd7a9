import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Match } from '../../sdk/src/protocols/match.ts'

type Parser<Found extends { readonly match: 'yes' }> = (bytes: Uint8Array) => Match<Found>

type Expected<Found> = Found extends unknown ? Omit<Found, 'match'> : never

/** What a parser is given, and what it must say. */
export interface Cases<Found extends { readonly match: 'yes' }> {
  /** Whole messages: their bytes (what may follow the message included) and what is expected of them. */
  readonly yes: Readonly<Record<string, readonly [Uint8Array, Expected<Found>]>>
  /** Bytes that are no message however they go on. */
  readonly no: Readonly<Record<string, Uint8Array>>
}

const FLOOD = 1_048_576
const FLOOD_TIME = 50 // ms

/** Registers the tests that every parser must pass: on its messages, at each cut of them, and on noise. */
export function everyCut<Found extends { readonly match: 'yes'; readonly length: number }>(
  parse: Parser<Found>,
  cases: Cases<Found>,
): void {
  describe(parse.name, () => {
    for (const [name, [bytes, expected]] of Object.entries(cases.yes)) {
      it(`reads ${name}, and waits at each cut of it`, () => {
        const found = parse(bytes)
        assert.deepEqual(withoutPrototypes(found), withoutPrototypes({ match: 'yes', ...expected }))
        assert.ok(found.match === 'yes' && found.length <= bytes.length)
        checkCuts(parse, bytes.subarray(0, found.length))
        checkTrailing(parse, bytes.subarray(0, found.length))
      })
    }
    for (const [name, bytes] of Object.entries(cases.no)) {
      it(`refuses ${name}`, () => {
        assert.deepEqual(parse(bytes), { match: 'no' })
        checkSteady(parse, bytes)
      })
    }
    const messages = Object.values(cases.yes).map(([bytes]) => bytes)
    it('answers noise without throwing, and keeps its answer when more comes', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => checkSteady(parse, bytes)))
    })
    it('answers mutated messages without throwing, and keeps its answer when more comes', () => {
      fc.assert(
        fc.property(mutated(messages), (bytes) => checkSteady(parse, bytes)),
        { numRuns: 300 },
      )
    })
    it('answers a flood quickly, also after the beginning of a message', () => {
      for (const filler of [0x00, 0xff, 0x20, 0x41, 0x0a]) {
        checkFlood(parse, new Uint8Array(FLOOD).fill(filler))
        for (const message of messages) {
          const flood = new Uint8Array(FLOOD).fill(filler)
          flood.set(message.subarray(0, Math.floor(message.length / 2)))
          checkFlood(parse, flood)
        }
      }
    })
  })
}

/** Each proper prefix waits, for more than there is and not more than there will be. */
function checkCuts<Found extends { readonly match: 'yes' }>(parse: Parser<Found>, bytes: Uint8Array): void {
  for (let cut = 0; cut < bytes.length; cut++) {
    const part = parse(bytes.slice(0, cut))
    assert.equal(part.match, 'need-more', `after ${cut} of ${bytes.length} bytes`)
    if (part.match !== 'need-more') continue
    assert.ok(
      part.atLeast > cut && part.atLeast <= bytes.length,
      `atLeast ${part.atLeast} after ${cut} of ${bytes.length} bytes`,
    )
  }
}

function checkTrailing<Found extends { readonly match: 'yes' }>(parse: Parser<Found>, bytes: Uint8Array): void {
  const found = parse(bytes)
  for (const [byte, count] of [
    [0, 1],
    [0xff, 1],
    [0x0a, 3],
    [0x61, 100],
  ] as const) {
    const longer = new Uint8Array(bytes.length + count).fill(byte)
    longer.set(bytes)
    assert.deepEqual(parse(longer), found, `with ${count} bytes of ${byte} behind`)
  }
}

/**
 * Whatever the bytes: the answer is one of three, the same each time, does not change once it is yes or no, and is not yes
 * before the number of bytes that was asked for.
 */
function checkSteady<Found extends { readonly match: 'yes' }>(parse: Parser<Found>, bytes: Uint8Array): void {
  let settled: Match<Found> | undefined
  let asked = 0
  for (const cut of cuts(bytes.length)) {
    const part = bytes.slice(0, cut)
    const found = parse(part)
    assert.deepEqual(parse(part), found)
    assert.ok(['yes', 'no', 'need-more'].includes(found.match))
    if (settled !== undefined) assert.deepEqual(found, settled, `after ${cut} bytes`)
    if (found.match === 'yes') assert.ok(cut >= asked, `yes after ${cut} bytes, though it asked for ${asked}`)
    if (found.match !== 'need-more') settled = found
    else {
      assert.ok(
        found.atLeast > cut && Number.isSafeInteger(found.atLeast),
        `atLeast ${found.atLeast} after ${cut} bytes`,
      )
      asked = Math.max(asked, found.atLeast)
    }
  }
}

/** Each length up to that of the whole; of a long one only some in the middle. */
function cuts(length: number): number[] {
  const all = Array.from({ length: length + 1 }, (_, cut) => cut)
  return all.filter((cut) => cut < 700 || cut > length - 20 || cut % 997 === 0)
}

function checkFlood<Found extends { readonly match: 'yes' }>(parse: Parser<Found>, flood: Uint8Array): void {
  const before = process.cpuUsage()
  const found = parse(flood)
  const { user, system } = process.cpuUsage(before)
  assert.ok(['yes', 'no', 'need-more'].includes(found.match))
  const took = (user + system) / 1000
  assert.ok(took < FLOOD_TIME, `${took} ms for ${flood.length} bytes (${[...flood.subarray(0, 8)]} … ${flood.at(-1)})`)
}

/** A message with some of its bytes changed, left out or put in. */
function mutated(messages: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const edit = fc.tuple(fc.nat(), fc.constantFrom('change', 'drop', 'insert', 'cut'), fc.integer({ min: 0, max: 255 }))
  return fc
    .tuple(fc.constantFrom(...messages), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([message, edits]) => {
      let bytes = [...message.subarray(0, 600)]
      for (const [position, kind, byte] of edits) {
        const at = position % Math.max(1, bytes.length)
        if (kind === 'change') bytes[at] = byte
        else if (kind === 'drop') bytes.splice(at, 1)
        else if (kind === 'insert') bytes.splice(at, 0, byte)
        else bytes = bytes.slice(0, at)
      }
      return Uint8Array.from(bytes)
    })
}

/** Parsers make look-up objects without a prototype; a test may write plain ones. */
function withoutPrototypes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutPrototypes(inner)]))
}

import { DEFAULTS } from '../limits.ts'

/** Whole numbers from 0 up to, not including, `most`. */
export type Random = (most: number) => number

/** The same numbers for the same seed, so that a run can be repeated (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * most)
  }
}

const MOST_RANDOM = 300
const MOST_EDITS = 4
const EDGES = [0x00, 0x01, 0x0a, 0x0d, 0x20, 0x2f, 0x3a, 0x7f, 0x80, 0xff]

/** What every router is asked about before chance has its say: as much of one byte as is ever read. */
export const FLOODS: readonly Uint8Array[] = [0x00, 0xff, 0x20, 0x41, 0x0a].map((byte) =>
  new Uint8Array(DEFAULTS.prereadBytes).fill(byte),
)

/** Random bytes, or one of the connections of the tests with some of its bytes changed. */
export function noise(random: Random, connections: readonly Uint8Array[]): Uint8Array {
  const model = connections[random(connections.length + 1)] // one more than there are: none
  if (model === undefined) return randomBytes(random, random(MOST_RANDOM))
  let bytes = [...model]
  for (let edits = 1 + random(MOST_EDITS); edits > 0; edits--) bytes = edit(random, bytes, connections)
  return Uint8Array.from(bytes.slice(0, DEFAULTS.prereadBytes))
}

function edit(random: Random, bytes: number[], connections: readonly Uint8Array[]): number[] {
  const at = random(bytes.length + 1)
  const end = Math.min(bytes.length, at + 1 + random(16))
  switch (random(8)) {
    case 0:
      return replace(bytes, at, random(256))
    case 1:
      return replace(bytes, at, EDGES[random(EDGES.length)] ?? 0)
    case 2:
      return bytes.toSpliced(at, end - at)
    case 3:
      return bytes.toSpliced(at, 0, ...randomBytes(random, 1 + random(16)))
    case 4:
      return bytes.toSpliced(at, 0, ...bytes.slice(at, end))
    case 5:
      return bytes.slice(0, at)
    case 6:
      return [...bytes, ...(connections[random(connections.length)] ?? [])]
    default:
      return bytes.toSpliced(at, 0, ...new Array<number>(random(2000)).fill(random(256)))
  }
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256))
}

function replace(bytes: number[], at: number, byte: number): number[] {
  return bytes.length === 0 ? [byte] : bytes.with(Math.min(at, bytes.length - 1), byte)
}

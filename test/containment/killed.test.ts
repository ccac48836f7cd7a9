import { DEAF } from './deaf.ts'
import type { Row } from './row.ts'
import { containment } from './suite.ts'

/** What no time limit in the isolate stops: its host is killed, or its isolate disposed for memory, or V8 gives up cleanly. */
const ROWS: readonly Row[] = [
  { row: 0, name: 'a search that hears no time limit', route: DEAF, outcomes: ['K'] },
  {
    row: 0,
    name: 'reversing what says that it is long',
    route: '[].reverse.call({ length: 2 ** 53 - 1 })',
    outcomes: ['K'],
  },
  { row: 16, name: 'filling an array of 1e8', route: 'new Array(1e8).fill(0)', outcomes: ['K', 'M', 'E'] },
  {
    row: 16,
    name: 'Array.from of a length of 1e9',
    route: 'Array.from({ length: 1e9 })',
    outcomes: ['T', 'K', 'M', 'E'],
  },
  {
    row: 16,
    name: 'filling arrays for ever, deaf to the time limit',
    route: 'for(;;) new Array(1000).fill(1.5)',
    outcomes: ['K', 'T'],
  },
  {
    row: 17,
    name: 'sorting 1e6 values by default',
    route: 'for(;;) Array.from({ length: 1e6 }, (_, n) => -n).sort()',
    outcomes: ['T', 'K', 'M'],
  },
  {
    row: 18,
    name: 'replacing all of 16 MB',
    route: "'x'.repeat(1 << 24).replaceAll('x', 'yy')",
    outcomes: ['K', 'M', 'E', 'T'],
  },
  {
    row: 18,
    name: 'splitting and joining 16 MB',
    route: "'x'.repeat(1 << 24).split('').join('-')",
    outcomes: ['K', 'M', 'E', 'T'],
  },
  { row: 18, name: 'padding to 2^28', route: "'x'.padEnd(2 ** 28, 'y').charCodeAt(5)", outcomes: ['K', 'M', 'E', 'T'] },
  {
    row: 19,
    name: 'doubling a string and flattening it',
    route: "let s = 'ab'; for (let n = 0; n < 28; n++) s += s; s.charCodeAt(s.length - 1); for(;;) s += s",
    outcomes: ['E', 'M', 'K', 'T'],
  },
  {
    row: 26,
    name: 'an object of 1e7 keys',
    route: "const o = {}; for (let n = 0; ; n++) o['k' + n] = n",
    outcomes: ['T', 'K', 'M'],
  },
  { row: 27, name: 'an array that grows', route: 'const a = []; for(;;) a.push({ a })', outcomes: ['T', 'K', 'M'] },
  {
    row: 27,
    name: 'a Map and a Set that grow',
    route: 'const m = new Map(), s = new Set(); for (let n = 0; ; n++) { m.set(n, { n }); s.add({ n }) }',
    outcomes: ['T', 'K', 'M'],
  },
  { row: 28, name: 'spreading 1e9 characters', route: "[...'.'.repeat(2 ** 28)]", outcomes: ['E', 'K', 'M', 'T'] },
  {
    row: 55,
    name: 'normalizing 10 MB',
    route: "for(;;) 'é'.repeat(1e7).normalize('NFD')",
    outcomes: ['T', 'K', 'M', 'E'],
  },
  {
    row: 0,
    name: 'collecting an endless generator',
    route: '(function* () { for(;;) yield {} })().toArray()',
    outcomes: ['T', 'K', 'M'],
  },
  {
    row: 0,
    name: 'grouping and copying what is large',
    route:
      'const a = Array.from({ length: 1e6 }, (_, n) => n); for(;;) Map.groupBy(a, (n) => n % 7), a.toSorted(), a.toSpliced(0, 1)',
    outcomes: ['T', 'K', 'M'],
  },
  {
    row: 0,
    name: 'sets of sets',
    route: 'const s = new Set(Array.from({ length: 1e6 }, (_, n) => n)); for(;;) s.union(s).symmetricDifference(s)',
    outcomes: ['T', 'K', 'M'],
  },
  {
    row: 0,
    name: 'a regular expression that is large to compile',
    route: "for(;;) new RegExp('(?:' + '[a-z&&[b-y]]{1,99}'.repeat(900) + ')*', 'v').test('b'.repeat(1e4))",
    outcomes: ['T', 'K', 'M', 'E'],
  },
  {
    row: 0,
    name: 'hexadecimal of what is large',
    route: 'const b = new Uint8Array(4e6); for(;;) Uint8Array.fromHex(b.toHex())',
    outcomes: ['T', 'K', 'M', 'E'],
  },
]

containment(ROWS)

import type { Row } from './row.ts'
import { containment } from './suite.ts'

/** Loops: what the isolate's own time limit stops. */
const ROWS: readonly Row[] = [
  { row: 1, name: 'an endless loop', route: 'for(;;);', outcomes: ['T'] },
  {
    row: 3,
    name: 'loops in catch and finally',
    route: 'for(;;) try { for(;;); } catch { for(;;); } finally { for(;;); }',
    outcomes: ['T'],
  },
  {
    row: 10,
    name: 'prepareStackTrace, by a setter on Error.prototype',
    route:
      "Object.defineProperty(Error.prototype, 'prepareStackTrace', { set() { for(;;); } }); Error.prototype.prepareStackTrace = 1",
    outcomes: ['T'],
  },
  {
    row: 14,
    name: 'a catastrophic regular expression',
    route: "return { close: String(/^(a+)+$/.test('a'.repeat(40) + '!')) }",
    outcomes: ['T'],
  },
  {
    row: 14,
    name: 'nested look-aheads',
    route: "/(?=(a+))*(?:a|a)*(?=(a*)*b)c/.test('a'.repeat(60)); for(;;) /(x+x+)+y/.test('x'.repeat(40))",
    outcomes: ['T'],
  },
  {
    row: 14,
    name: 'a regular expression over 1 MB',
    route: "for(;;) /(.*)*x{2,}$/.test('ab'.repeat(5e5))",
    outcomes: ['T', 'E'],
  },
  {
    row: 17,
    name: 'sorting with a comparator that loops',
    route: '[3, 2, 1].sort(() => { for(;;); })',
    outcomes: ['T'],
  },
  {
    row: 30,
    name: 'recursion that goes on at the bottom',
    route: 'const f = () => { for(;;) try { f() } catch { } }; f()',
    outcomes: ['T', 'K'],
    differs: 'at the very end of the stack V8 does not always get to stop it: then its host is killed',
  },
  {
    row: 51,
    name: 'a getter that loops on the hook',
    before: '',
    route: "Object.defineProperty(conn, 'x', { get() { for(;;); } }); return { close: conn.x }",
    outcomes: ['T'],
  },
  {
    row: 36,
    name: 'a getter of its answer loops',
    route: 'return { get close() { for(;;); } }',
    outcomes: ['T'],
    differs: 'values are read inside the timed call, where a getter is the author’s affair',
  },
  {
    row: 9,
    name: 'an error whose message’s toString loops',
    route: 'const e = new Error(); e.message = { toString() { for(;;); } }; throw e',
    outcomes: ['T'],
    differs: 'its own Error is read inside the timed call, so that the author sees the message',
  },
  {
    row: 7,
    name: 'an error whose own getters loop',
    route: "const e = new Error(); Object.defineProperty(e, 'stack', { get() { for(;;); } }); throw e",
    outcomes: ['T'],
    differs: 'as row 9',
  },
  {
    row: 0,
    name: 'an iterator helper that never ends',
    route:
      'Array.from({ length: 1 }).values().constructor; const forever = (function* () { for(;;) yield 1 })(); forever.drop(Infinity).next()',
    outcomes: ['T'],
  },
  {
    row: 0,
    name: 'Array.from of an endless iterable that drops',
    route: 'for (const x of (function* () { for(;;) yield 1 })());',
    outcomes: ['T'],
  },
  {
    row: 0,
    name: 'conn.log of a value whose toJSON loops',
    route: 'conn.log({ toJSON() { for(;;); } })',
    outcomes: ['T'],
  },
  {
    row: 0,
    name: 'hasInstance of Error loops',
    route: 'Object.defineProperty(Error, Symbol.hasInstance, { value() { for(;;); } }); throw {}',
    outcomes: ['T', 'E'],
  },
  {
    row: 55,
    name: 'comparing and lower-casing for ever',
    route: "let s = 'ß'.repeat(1e4); for(;;) s.toUpperCase().normalize('NFKD')",
    outcomes: ['T', 'K'],
  },
]

// The deadline of the process stays out of the way, however busy the machine: here the isolate’s own limit is what is tested.
containment(ROWS, { router: { decisionDeadline: 2000 } })

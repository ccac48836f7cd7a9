import type { Row } from './row.ts'
import { containment } from './suite.ts'

/** Answers that are none: refused by what checks them, with no harm to the isolate. */
const ROWS: readonly Row[] = [
  { row: 36, name: 'an object with toJSON', route: "return { toJSON: () => ({ close: 'forged' }) }", outcomes: ['V'] },
  { row: 36, name: 'a thenable', route: "return { then(f) { f({ close: 'forged' }) } }", outcomes: ['V'] },
  { row: 37, name: 'a boxed string', route: "return { remote: new String('a:1') }", outcomes: ['V'] },
  { row: 37, name: 'a symbol', route: 'return { remote: Symbol.iterator }', outcomes: ['V'] },
  { row: 37, name: '-0', route: "return { remote: 'a:1', connectTimeout: -0 }", outcomes: ['V'] },
  { row: 37, name: 'NaN', route: "return { remote: 'a:1', connectTimeout: NaN }", outcomes: ['V'] },
  { row: 37, name: '1e308', route: "return { remote: 'a:1', connectTimeout: 1e308 }", outcomes: ['V'] },
  { row: 37, name: 'half of a surrogate pair', route: "return { close: '\\ud800' }", outcomes: ['V'] },
  { row: 37, name: 'NUL in a host', route: "return { remote: 'a\\0b:1' }", outcomes: ['V'] },
  { row: 37, name: 'a line end in a host', route: "return { remote: 'a\\r\\nb:1' }", outcomes: ['V'] },
  { row: 37, name: 'a host that looks like another', route: "return { remote: 'ехаmple.com:80' }", outcomes: ['V'] },
  {
    row: 38,
    name: 'an answer that is inherited',
    route: "return { __proto__: { close: 'inherited' } }",
    outcomes: ['V'],
  },
  {
    row: 38,
    name: 'an own __proto__',
    route: `return JSON.parse('{"close":true,"__proto__":{"remote":"a:1"}}')`,
    outcomes: ['V'],
  },
  {
    row: 39,
    name: 'coercion with side effects',
    route:
      'return { remote: { toString() { for(;;); }, valueOf() { for(;;); }, [Symbol.toPrimitive]() { for(;;); } } }',
    outcomes: ['V'],
  },
  { row: 41, name: 'a string of 100 MB', route: "return { close: 'x'.repeat(1e8) }", outcomes: ['V'] },
  { row: 41, name: 'an array of 1e6', route: "return new Array(1e6).fill('a')", outcomes: ['V', 'K', 'T'] },
  { row: 41, name: 'a cycle', route: 'const a = { close: undefined }; a.close = a; return a', outcomes: ['V'] },
  { row: 41, name: 'a Map', route: "return new Map([['close', 'x']])", outcomes: ['V'] },
  { row: 41, name: 'bytes of 1 MB', route: 'return { close: new Uint8Array(1e6) }', outcomes: ['V'] },
  {
    row: 41,
    name: 'sixteen strings of 64 KiB, each character six in JSON',
    route:
      "const answer = { remote: 'a:1' }; for (let n = 0; n < 15; n++) answer['k' + n] = '\\0'.repeat(65536); return answer",
    outcomes: ['V'],
  },
  { row: 41, name: 'a key of 5 MB', route: "return { close: true, ['x'.repeat(5e6)]: null }", outcomes: ['V'] },
  {
    row: 41,
    name: '1e5 keys',
    route: 'return Object.fromEntries(Array.from({ length: 1e5 }, (_, n) => [n, n]))',
    outcomes: ['V', 'T'],
  },
  { row: 42, name: 'a function', route: 'return () => ({ close: true })', outcomes: ['V'] },
  { row: 42, name: 'a function in an answer', route: "return { remote: () => 'a:1' }", outcomes: ['V'] },
  { row: 44, name: 'a number as remote', route: 'return { remote: 22 }', outcomes: ['V'] },
  { row: 44, name: 'a port out of range', route: "return { remote: '127.0.0.1:65536' }", outcomes: ['V'] },
  {
    row: 52,
    name: 'Object.keys and JSON.stringify of its own',
    route: 'Object.keys = () => [\'close\']; JSON.stringify = () => \'{"answer":{"close":"forged"}}\'; return 5',
    outcomes: ['V'],
  },
  { row: 0, name: 'raw JSON', route: 'return { close: JSON.rawJSON(\'"raw"\') }', outcomes: ['V'] },
  { row: 0, name: 'another typed array', route: 'return { close: new Float64Array(8) }', outcomes: ['V'] },
  {
    row: 0,
    name: 'a typed array that says that it is another',
    route: "return { close: Object.defineProperty(new Int8Array(8), Symbol.toStringTag, { value: 'Uint8Array' }) }",
    outcomes: ['V'],
  },
  {
    row: 0,
    name: 'a setter for what is wrong with an answer',
    route:
      "Object.defineProperty(Object.prototype, 'message', { set(v) { this.own = v }, get() { return { toJSON() { for(;;); } } }, configurable: true }); return 5",
    outcomes: ['V'],
  },
]

containment(ROWS)

import type { Row } from './row.ts'
import { containment } from './suite.ts'

/** What ends in a clean error: the isolate lives, and nobody gets a strike. */
const ROWS: readonly Row[] = [
  {
    row: 6,
    name: 'an object whose message getter loops',
    route: 'throw { get message() { for(;;); } }',
    outcomes: ['E'],
  },
  {
    row: 8,
    name: 'an object whose every part loops',
    route: 'throw { get stack() { for(;;); }, get name() { for(;;); }, [Symbol.toPrimitive]() { for(;;); } }',
    outcomes: ['E'],
  },
  {
    row: 9,
    name: 'an object whose message’s toString loops',
    route: 'throw { message: { toString() { for(;;); } } }',
    outcomes: ['E'],
  },
  {
    row: 10,
    name: 'prepareStackTrace that loops, and a stack overflow',
    route: 'try { Error.prepareStackTrace = () => { for(;;); } } catch { } const f = () => f(); f()',
    outcomes: ['E'],
  },
  {
    row: 11,
    name: 'a function that would be asynchronous, thrown away',
    route: "const p = (0, eval)('Promise'); p.reject({})",
    outcomes: ['E'],
  },
  {
    row: 20,
    name: 'JSON nested deeply',
    route: "JSON.parse('['.repeat(1e5)); JSON.parse('['.repeat(1e6))",
    outcomes: ['E', 'T'],
  },
  { row: 20, name: 'a cycle in JSON', route: 'const a = []; a.push(a); JSON.stringify(a)', outcomes: ['E', 'T'] },
  { row: 21, name: 'an array of 1 GiB', route: 'new Uint8Array(2 ** 30)', outcomes: ['E'] },
  {
    row: 22,
    name: 'a buffer that grows, by way of a typed array',
    route: 'new (new Uint8Array(1).buffer.constructor)(8, { maxByteLength: 2 ** 28 })',
    outcomes: ['E'],
  },
  { row: 22, name: 'transferring a buffer', route: 'new Uint8Array(8).buffer.transfer(2 ** 28)', outcomes: ['E'] },
  {
    row: 25,
    name: 'many small arrays',
    route: 'const a = []; for(;;) a.push(new Uint8Array(1e5))',
    outcomes: ['E', 'M', 'T'],
  },
  { row: 28, name: 'applying 1e7 arguments', route: 'Math.max(...new Array(1e7))', outcomes: ['E', 'K', 'T'] },
  { row: 29, name: 'recursion', route: 'const f = () => 1 + f(); f()', outcomes: ['E'] },
  {
    row: 29,
    name: 'recursion through toString, getters and toJSON',
    route:
      'const o = { toString() { return String(o) }, toJSON() { return JSON.stringify(o) } }; try { String(o) } catch { } JSON.stringify(o)',
    outcomes: ['E'],
  },
  {
    row: 45,
    name: 'Function by way of what it is given',
    route: "return { close: String(conn.lookup.constructor('return 1')()) }",
    outcomes: ['E'],
  },
  { row: 45, name: 'callers', route: 'return { close: arguments.callee.caller.name }', outcomes: ['E'] },
  {
    row: 45,
    name: 'the caller of what it is given',
    route: "conn.log({ toJSON() { return conn.log.caller } }); throw new Error('nothing')",
    outcomes: ['E'],
  },
  {
    row: 46,
    name: 'AsyncFunction and GeneratorFunction',
    route: "Object.getPrototypeOf(function* () {}).constructor('yield 1')",
    outcomes: ['E'],
  },
  { row: 46, name: 'eval by another name', route: "const e = globalThis['ev' + 'al']; return e('1')", outcomes: ['E'] },
  { row: 50, name: 'an error of 50 MB', route: "throw new Error('x'.repeat(5e7))", outcomes: ['E', 'T', 'K'] },
  { row: 50, name: 'a symbol of 5 MB', route: "throw Symbol('x'.repeat(5e6))", outcomes: ['E', 'T'] },
  {
    row: 50,
    name: 'a function that says 5 MB',
    route: "throw Object.assign(() => {}, { toString: () => 'x'.repeat(5e6) })",
    outcomes: ['E'],
  },
  {
    row: 50,
    name: 'a name of 5 MB',
    route: "throw Object.assign(new Error('m'), { name: 'x'.repeat(5e6), stack: 'y'.repeat(5e6) })",
    outcomes: ['E'],
  },
  {
    row: 56,
    name: 'this without a receiver',
    route: 'return { close: (function () { return this })().toString() }',
    outcomes: ['E'],
  },
  {
    row: 15,
    name: 'a BigInt by way of Temporal',
    route: 'return { close: String(new Date(0).toTemporalInstant().epochNanoseconds ** 9n) }'.replace('9n', '(9)'),
    outcomes: ['E'],
  },
  {
    row: 0,
    name: 'a table’s name let through by RegExp.prototype.exec',
    route:
      "RegExp.prototype.exec = () => ['x']; RegExp.prototype.test = () => true; conn.lookup('../../etc/passwd', 'k')",
    outcomes: ['E'],
  },
  {
    row: 0,
    name: 'Object.prototype.toJSON that throws what loops',
    route: 'Object.prototype.toJSON = () => { throw { get message() { for(;;); } } }; throw 1',
    outcomes: ['E'],
  },
  {
    row: 0,
    name: 'setters on Array.prototype that throw what loops',
    route:
      'for (let n = 0; n < 12; n++) Object.defineProperty(Array.prototype, n, { set() { throw { get message() { for(;;); } } } }); for (let n = 0; n < 20; n++) conn.log(n); throw 1',
    outcomes: ['E'],
  },
]

containment(ROWS)

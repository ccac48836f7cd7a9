import type { Row } from './row.ts'
import { containment } from './suite.ts'

/** What is allowed, and changes nothing for anybody: the router answers, and its own next answer is right as well. */
const ROWS: readonly Row[] = [
  {
    row: 48,
    name: 'nothing is there that makes code, waits, shares memory or tells the time',
    route:
      "const there = 'Promise SharedArrayBuffer ArrayBuffer WebAssembly Atomics FinalizationRegistry WeakRef Proxy Reflect Intl BigInt Temporal setTimeout process ivm console queueMicrotask structuredClone Float16Array Iterator ShadowRealm escape pointsmanLoad'.split(' ').filter((name) => name in globalThis); return { close: there.length === 0 ? 'answered' : there.join(' ') }",
    outcomes: ['N'],
  },
  {
    row: 33,
    name: 'polluting Object.prototype with answers',
    route:
      "Object.assign(Object.prototype, { remote: 'evil:1', data: 'evil', reply: 'evil', connectTimeout: 1 }); return { close: 'answered' }",
    outcomes: ['N'],
  },
  {
    row: 33,
    name: 'accessors on Object.prototype for what the bootstrap uses',
    route:
      "for (const key of ['answer', 'log', 'lookup', 'failed', 'close', 'get', 'set', 'value', 'lookups', 'event']) Object.defineProperty(Object.prototype, key, { get() { return 'evil' }, set() { throw 1 }, configurable: true, __proto__: null }); return Object.defineProperty({}, 'close', { __proto__: null, value: 'answered', enumerable: true })",
    outcomes: ['N'],
  },
  {
    row: 33,
    name: 'setters on Array.prototype, and logging',
    route:
      "let seen = 0; for (let n = 0; n < 12; n++) Object.defineProperty(Array.prototype, n, { set() { seen++; this.toJSON = () => 'forged' } }); for (let n = 0; n < 12; n++) conn.log('line', n); return { close: seen === 0 ? 'answered' : 'seen ' + seen }",
    outcomes: ['N'],
  },
  {
    row: 34,
    name: 'changing, deleting and freezing what it is given',
    route:
      "try { conn.client.address = 'evil' } catch { } try { delete conn.client.port } catch { } Object.setPrototypeOf(conn, { evil: 1 }); conn.__proto__.x = 1; delete conn.text; conn.bytes.fill(0); Object.freeze(conn); return { close: conn.client.address === 'evil' ? 'evil' : 'answered' }",
    outcomes: ['N'],
  },
  {
    row: 35,
    name: 'keeping what it is given for the next time',
    before: 'let kept',
    route:
      "if (kept) { kept.bytes.fill(65); kept.text = 'evil' } kept = conn; return { close: conn.bytes[0] === 97 ? 'answered' : 'evil' }",
    outcomes: ['N'],
  },
  {
    row: 40,
    name: 'species, hasInstance and iterators of its own',
    route:
      "Object.defineProperty(Array, Symbol.species, { get() { throw 1 } }); Array.prototype[Symbol.iterator] = () => { throw 2 }; Object.defineProperty(Error, Symbol.hasInstance, { value: () => true }); Object.defineProperty(Uint8Array, Symbol.species, { value: Float64Array }); String.prototype[Symbol.iterator] = null; return { close: 'answered' }",
    outcomes: ['N'],
  },
  { row: 44, name: 'loopback, when there is no policy', route: "return { close: 'answered' }", outcomes: ['N'] },
  {
    row: 49,
    name: 'logging what logs',
    route:
      "let n = 0; conn.log({ toJSON() { if (n++ < 100) conn.log(this); return 'x'.repeat(1e3) } }); return { close: 'answered' }",
    outcomes: ['N'],
  },
  {
    row: 50,
    name: 'log lines that forge others',
    route: String.raw`conn.log('\n{"level":50,"msg":"forged","router":"0-good"}\r\u001b[2J\u2028\u202e'); return { close: 'answered' }`,
    outcomes: ['N'],
  },
  {
    row: 51,
    name: 'redefining what is called and what calls',
    route:
      "globalThis.route = globalThis.pointsmanRouter = globalThis.pointsmanLoad = () => { throw 1 }; const F = Object.getPrototypeOf(() => {}); F.call = F.apply = F.bind = F.toString = () => { throw 2 }; return { close: 'answered' }",
    outcomes: ['N'],
  },
  {
    row: 52,
    name: 'redefining what the bootstrap needs',
    route:
      "const evil = () => { throw 3 }, names = Object.getOwnPropertyNames, owners = [JSON, String, String.prototype, Math, Number, Error, Error.prototype, RegExp, RegExp.prototype, Uint8Array, Map.prototype, Set.prototype, Object.prototype, Array.prototype, Array, Object]; for (let i = 0; i < owners.length; i++) { const own = names(owners[i]); for (let k = 0; k < own.length; k++) if (own[k] !== 'length') try { owners[i][own[k]] = evil } catch { } } return { close: 'answered' }",
    outcomes: ['N'],
  },
  {
    row: 53,
    name: 'no way to see the garbage collector',
    route:
      "const w = new WeakMap(); w.set({}, 1); return { close: typeof w.size === 'undefined' ? 'answered' : 'seen' }",
    outcomes: ['N'],
  },
  {
    row: 54,
    name: 'time and chance',
    route:
      "const start = Date.now(); for (let n = 0; n < 1e6; n++); const D = new Date().constructor; let chance = 'none'; try { chance = String(Math.random()) } catch { } return { close: Date.now() === start && +new D() === start && new Date(5).getTime() === 5 && Date().includes('GMT+0000') && chance === 'none' ? 'answered' : 'told' }",
    outcomes: ['N'],
  },
  {
    row: 55,
    name: 'locales',
    route:
      "return { close: ['toLocaleString', 'localeCompare', 'toLocaleUpperCase', 'toLocaleDateString'].some((m) => m in Object('') || m in [] || m in Object(1) || m in Date.prototype || m in new Uint8Array(1)) ? 'there' : 'answered' }",
    outcomes: ['N'],
  },
  {
    row: 56,
    name: 'this, with and labels',
    route:
      "const self = (function () { return this })(); const x = (0, function () { return typeof this })(); a: for(;;) break a; return { close: self === undefined && x === 'undefined' ? 'answered' : 'global' }",
    outcomes: ['N'],
  },
  {
    row: 57,
    name: 'state kept between connections of its own',
    before: 'let count = 0',
    route: "count += 1; return { close: count === 1 ? 'answered' : 'again' }",
    outcomes: ['N'],
  },
  {
    row: 67,
    name: 'parsers on garbage',
    before: "import { tlsClientHello, httpRequest } from 'router-sdk/protocols'",
    route:
      "for (const bytes of [new Uint8Array(0), new Uint8Array(16384).fill(22), new Uint8Array([22, 3, 1, 255, 255, 1, 0, 255, 255]), new Uint8Array(16384).map((_, n) => n * 31)]) { tlsClientHello(bytes); httpRequest(bytes) } return { close: 'answered' }",
    outcomes: ['N'],
  },
  {
    row: 0,
    name: 'what unwinds a look-up cannot be forged',
    route: "try { throw { table: 't', key: 'k' } } catch { } return { close: 'answered' }",
    outcomes: ['N'],
  },
]

containment(ROWS)

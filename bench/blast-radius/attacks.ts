/** The classes of attack: what an attacking tenant's router does, and what its clients do. */
export interface Attack {
  readonly name: string
  readonly about: string
  /** Of the attacking tenant's router file, after `route(conn) {`. */
  readonly route: string
  /** What each of its clients does, again and again. */
  readonly clients: 'request' | 'hold' | 'dribble' | 'pour' | 'none'
  /** Its router is saved so often in a second, a new version each time. */
  readonly saves?: number
  /** Stands before the router in its file. */
  readonly prelude?: string
}

/** All that came is read: a decision that follows from less might be remembered, and nobody asked. */
const WAIT = "if (conn.text === '') return { noop: true }"

export const ATTACKS: readonly Attack[] = [
  { name: 'loop', about: 'loops until its CPU time is up', route: `${WAIT}; for (;;) {}`, clients: 'request' },
  {
    name: 'busy',
    about: 'takes 15 ms of CPU for each decision, rightfully',
    route: `${WAIT}; let n = 0; const end = 6e6; for (let i = 0; i < end; i++) n = (n * 31 + i) | 0; return { close: String(n) }`,
    clients: 'request',
  },
  {
    name: 'unstoppable',
    about: 'runs a builtin that no time-out stops: its host is killed',
    route: `${WAIT}; [].indexOf.call({ length: 2 ** 53 - 1 }, 1); return { close: true }`,
    clients: 'request',
  },
  {
    name: 'memory',
    about: 'fills its isolate',
    route: `${WAIT}; const all = []; for (;;) all.push(new Array(1000).fill(all.length)); return { close: String(all) }`,
    clients: 'request',
  },
  {
    name: 'crash',
    about: 'makes V8 abort: its host dies',
    route: `${WAIT}; const o: Record<string, number> = {}; for (let i = 0; i < 1e8; i++) o['k' + i] = i; return { close: String(o.k1) }`,
    clients: 'request',
  },
  {
    name: 'throws',
    about: 'throws at each question',
    route: `${WAIT}; throw new Error('x'.repeat(1e5))`,
    clients: 'request',
  },
  {
    name: 'logs',
    about: 'logs as much as it may at each question',
    route: `${WAIT}; for (let i = 0; i < 100; i++) conn.log('x'.repeat(500)); return { close: true }`,
    clients: 'request',
  },
  {
    name: 'saves',
    about: 'is saved twenty times a second',
    route: `${WAIT}; return { close: true }`,
    clients: 'request',
    saves: 20,
  },
  {
    name: 'types',
    about: 'is saved five times a second with types that take for ever to check',
    prelude:
      "type Grow<N extends number, L extends unknown[] = []> = L['length'] extends N ? L : Grow<N, [...L, ...L, 0]>\ntype Much = Grow<999999>\nexport const much: Much | undefined = undefined\n",
    route: `${WAIT}; return { close: true }`,
    clients: 'none',
    saves: 5,
  },
  {
    name: 'connections',
    about: 'its 2,000 clients open 500 connections a second, and hold them',
    route: `${WAIT}; return conn.final ? { close: true } : { noop: true }`,
    clients: 'hold',
  },
  {
    name: 'dribble',
    about: 'its clients send a byte at a time, each a question',
    route: `${WAIT}; return conn.final ? { close: true } : { noop: true }`,
    clients: 'dribble',
  },
  {
    name: 'pour',
    about: 'its clients relay as much as they can',
    route: `${WAIT}; return { remote: '127.0.0.1:SINK' }`,
    clients: 'pour',
  },
]

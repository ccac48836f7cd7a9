export const HEAD = "import { defineRouter } from 'router-sdk'\nexport default defineRouter({ "
const FIRST = 'if (conn.bytes.length === 0) return { noop: true };'
/** Each costs a sandbox host something else; the last is broken in itself. */
const ATTACKS = [
  `${FIRST} for (;;) {}`,
  `${FIRST} const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(all.length))`,
  `${FIRST} [].indexOf.call({ length: 2 ** 53 - 1 }, 1); return { close: true }`,
  `${FIRST} const recurse = (): number => 1 + recurse(); return { close: String(recurse()) }`,
  `${FIRST} throw new Error('x'.repeat(1e5))`,
  `for (let i = 0; i < 100; i++) conn.log('x'.repeat(300)); ${FIRST} return { close: true }`,
  'return { remote: 5 }',
]

/** One tenant with one router, on a port that all share. */
export class Tenant {
  readonly name: string
  readonly attacks: boolean
  /** Every answer that it was ever saved with: a save becomes active a moment later, and may be rolled back. */
  readonly answers = new Set<string>()
  present = true
  /** What it answers once all that was saved is served. */
  newest = ''
  #broken = false
  readonly #port: number
  #version = 0

  constructor(name: string, port: number, attacks: boolean) {
    this.name = name
    this.#port = port
    this.attacks = attacks
  }

  get router(): string {
    return `${this.name}/r`
  }

  get host(): string {
    return `${this.name}.example`
  }

  /** Its next version. */
  source(): string {
    this.#version += 1
    this.#broken = false
    const begin = `${HEAD} listen: { port: ${this.#port}, hosts: ['${this.host}'] }, route(conn) { const version = ${this.#version}; void version; `
    if (this.attacks) return `${begin} ${ATTACKS[this.#version % ATTACKS.length]} } })\n`
    const answer = `${this.name} ${this.#version}`
    this.answers.add(answer)
    this.newest = answer
    return `${begin} ${FIRST} return { close: '${answer}' } } })\n`
  }

  /** Its next version, which does not compile. */
  brokenSource(): string {
    const source = `${this.source()} )`
    this.#broken = true
    return source
  }

  /** It is there, and what was saved last can be served. */
  get isWhole(): boolean {
    return this.present && !this.#broken
  }

  /** Why an answer is not one that it could give, or `undefined`. */
  wrongIn(answer: string): string | undefined {
    return this.answers.has(answer) ? undefined : `${this.name} answered ${JSON.stringify(answer.slice(0, 200))}`
  }
}

import { kill, type Pointsman } from '../kit/pointsman.ts'
import { Client } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'

/** Loops, eats memory, recurses or throws, as its client asks; each costs a sandbox host something else. */
export const HOSTILE = `import { defineRouter } from 'router-sdk'
const eaten: unknown[] = []
function recurse(): number { return 1 + recurse() }
export default defineRouter({
  route(conn) {
    switch (conn.text.slice(0, 1)) {
      case '': return { noop: true }
      case 'l': for (;;);
      case 'm': for (;;) eaten.push(new Array(100000).fill(eaten.length))
      case 'r': return { close: String(recurse()) }
      case 'x': throw new Error('as asked')
    }
    return { close: 'survived' }
  },
})
`
const ATTACKS = 'lmrx'

/** Clients of the hostile router, some at a time, until they are stopped. */
export class Attackers {
  attacks = 0
  #stop = false
  readonly #stopped: Promise<unknown>

  constructor(port: number, atOnce: number) {
    this.#stopped = Promise.all(Array.from({ length: atOnce }, () => this.#run(port)))
  }

  async stop(): Promise<void> {
    this.#stop = true
    await this.#stopped
  }

  async #run(port: number): Promise<void> {
    while (!this.#stop) {
      const client = await Client.connect(port)
      client.write(ATTACKS[this.attacks++ % ATTACKS.length] ?? 'l')
      await client.rest()
      client.destroy()
      // a quarantined router answers at once: no need to spend the machine on that
      await new Promise((resume) => setTimeout(resume, 5))
    }
  }
}

/** SIGKILLs sandbox hosts one after the other, oldest and youngest in turn. */
export class HostKiller {
  readonly killed: number[] = []
  readonly #pointsman: Pointsman

  constructor(pointsman: Pointsman) {
    this.#pointsman = pointsman
  }

  /** Kills one that was not killed before; waits until there is one. */
  async strikeAfter(milliseconds: number): Promise<void> {
    await new Promise((resume) => setTimeout(resume, milliseconds))
    const pid = await until('a sandbox host to kill', () => this.#next())
    this.killed.push(pid)
    kill(pid)
  }

  #next(): number | undefined {
    const living = this.#pointsman.hostPids.filter((pid) => !this.killed.includes(pid))
    return this.killed.length % 2 === 0 ? living[0] : living.at(-1)
  }
}

import { Client } from '../kit/sockets.ts'

/**
 * A router whose every answer is dictated by its client: one line of JSON, which is the answer. Answers that the compiler
 * would refuse reach the run time this way. `hooks` are further properties of the router.
 */
export function puppet(hooks = ''): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  ${hooks}
  route(conn) {
    const end = conn.text.indexOf('\\n')
    if (end < 0) return conn.final ? { close: 'no line\\n' } : { noop: true }
    return JSON.parse(conn.text.slice(0, end))
  },
})
`
}

/** Connects to a puppet and dictates its answer; `after` is sent in the same write. */
export async function dictate(port: number, answer: object, after = ''): Promise<Client> {
  const client = await Client.connect(port)
  return client.write(`${JSON.stringify(answer)}\n${after}`)
}

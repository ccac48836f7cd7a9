import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export function tenant(index: number): string {
  return `t${String(index).padStart(4, '0')}`
}

/** Saves a router as editors do: a new file, renamed over the old one. */
export function save(routers: string, owner: string, text: string, name = 'r'): void {
  const folder = join(routers, owner)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `.${name}.tmp`), text)
  renameSync(join(folder, `.${name}.tmp`), join(folder, `${name}.ts`))
}

/** A router with a word of its own. */
export function router(word: string): string {
  return `import { defineRouter, remote } from 'router-sdk'
import { httpRequest } from 'router-sdk/protocols'

const HOMES = new Map([['${word}.example', 'upstream.example:80'], ['www.example', '10.0.0.1:80']])

export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route(conn) {
    const request = httpRequest(conn.bytes)
    if (request.match === 'need-more' && !conn.final) return { noop: true }
    const home = request.match === 'yes' ? HOMES.get(String(request.host)) : undefined
    return home === undefined ? { close: 'nothing here' } : { remote: remote(home) }
  },
})
`
}

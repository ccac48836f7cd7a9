import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Program } from '../programs.ts'
import { PEERS } from '../proxies.ts'
import { visit, visitUntil } from './visit.ts'

/** A proxy whose script can be replaced. */
export interface Reloadable {
  readonly name: string
  /** Replaces the script by one that goes to the other of two origins; the milliseconds until a connection is answered from there. */
  change(): Promise<number>
}

/** `origins` are the ports of two servers, with different answers; the program goes to the first. */
export function reloadable({ name, scratch, port, pids }: Program, origins: readonly number[]): Reloadable {
  const isNginx = name === PEERS.njs.name
  const file = join(scratch, isNginx ? 'nginx-njs.js' : 'routers/http.ts')
  let at = 0
  let saves = 0
  return {
    name,
    async change() {
      const from = String(origins[at])
      at = 1 - at
      // what has been compiled before would not be compiled again
      const unlike = `// save ${++saves}\n`
      const source = readFileSync(file, 'utf8')
        .replace(/^\/\/ save .*\n/, '')
        .replace(from, String(origins[at]))
      const wanted = bodyOf((await visit(origins[at] ?? 0))?.answer ?? '')
      writeFileSync(`${file}.new`, unlike + source)
      const began = performance.now()
      renameSync(`${file}.new`, file)
      if (isNginx) process.kill(pids()[0] ?? 0, 'SIGHUP')
      await visitUntil(port, (answer) => bodyOf(answer) === wanted)
      return performance.now() - began
    },
  }
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n'))
}

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const EXAMPLES = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'examples')

/** An example's router as its users read it, on a port of the system's choice instead of its own. */
export function exampleRouter(path: string): string {
  const text = readFileSync(join(EXAMPLES, path), 'utf8')
  const moved = text.replace(/^ {2}listen: \d+,$/m, '  listen: 0,')
  if (moved === text) throw new Error(`${path} has no line "listen: <port>,"`)
  return moved
}

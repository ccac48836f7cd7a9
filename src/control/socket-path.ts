import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ConfigError } from '../config/config-error.ts'

/**
 * The control socket of the program that serves `routers` (a directory or one router file): what the configuration names, or a
 * place that follows from the routers' path and the user. `undefined` when the configuration says that there is none.
 */
export function controlSocket(configured: string | null, routers: string): string | undefined {
  if (configured === null) return undefined
  if (configured !== 'auto') return configured
  const name = createHash('sha256').update(realpathSync(routers)).digest('hex').slice(0, 16)
  return join(folder(), `${name}.sock`)
}

/** Whether a path (without links) is the control socket of this program or of another of the same user. */
export function isControlSocket(configured: string | null, path: string): boolean {
  return dirname(path) === real(folder()) || (configured !== null && configured !== 'auto' && path === real(configured))
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/**
 * Makes the folder of automatic sockets, for its user alone.
 *
 * @throws ConfigError when somebody else made it.
 */
export function prepareSocketFolder(): void {
  const path = folder()
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  const ours = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0
  if (!ours)
    throw new ConfigError(
      `${path} is not a folder of this user alone; set control.socket to another path, or to null for none`,
    )
}

function folder(): string {
  return join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `pointsman-${process.getuid?.() ?? 0}`)
}

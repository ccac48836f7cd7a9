import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder for its owner alone, and those above it that are missing. Node's own `recursive` tries for ever where a folder is
 * there and none can be made in it, as below `/proc`; this tries each once.
 *
 * @throws the system's error.
 */
export function makeFolder(path: string, mode = 0o700): void {
  if (makeOne(path, mode)) return
  if (dirname(path) !== path) makeFolder(dirname(path), mode)
  if (!makeOne(path, mode)) throw new Error(`no folder can be made at ${path}`)
}

/** Whether it is there now; not, where the folder that it would be in is missing. */
function makeOne(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode })
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return false
    if (code === 'EEXIST' && statSync(path).isDirectory()) return true
    throw error
  }
}

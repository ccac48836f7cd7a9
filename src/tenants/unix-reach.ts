import { closeSync, openSync, readlinkSync, realpathSync } from 'node:fs'
import { normalize } from 'node:path'
import type { Grant } from './grants.ts'

/** Where a path leads, all links followed, and what to connect to so as to reach just that; or why it may not be. */
export type UnixVerdict =
  | { readonly kind: 'permitted'; readonly real: string; readonly connectTo: string; readonly release: () => void }
  /** There is no such file, or it cannot be looked at; `code` is the system's, such as `ENOENT`. */
  | { readonly kind: 'absent'; readonly code: string }
  | { readonly kind: 'refused'; readonly why: string }

type UnixGrant = Extract<Grant, { kind: 'unix' }>

/** Of Linux (open(2)); Node does not name it. */
const O_PATH = 0x20_0000

/**
 * Judges the path of a unix socket. It must be granted as it is written, before anything of the file system is asked (a tenant
 * could name what takes long to answer), and then where it leads must be too: a link in a granted folder does not lead out of
 * it. Whoever owns the socket may own its folder and change links while we look, so the file is opened first, and what is
 * judged and connected to is what was opened. Where there is no such opening (not on Linux) it is the path without links.
 * A folder that the operator names may itself be reached by links.
 */
export function judgePath(path: string, grants: readonly Grant[]): UnixVerdict {
  const unix = grants.filter((grant) => grant.kind === 'unix')
  if (normalize(path) !== path || !unix.some((grant) => fits(grant, grant.folder, path)))
    return { kind: 'refused', why: 'a unix socket' }
  try {
    const opened = process.platform === 'linux' ? openedFile(path) : followed(path)
    if (unix.some((grant) => fits(grant, realFolder(grant), opened.real))) return opened
    opened.release()
    return { kind: 'refused', why: `a link to ${opened.real}` }
  } catch (error) {
    return { kind: 'absent', code: codeOf(error) }
  }
}

type Permitted = Extract<UnixVerdict, { kind: 'permitted' }>

function openedFile(path: string): Permitted {
  const descriptor = openSync(path, O_PATH)
  const connectTo = `/proc/self/fd/${descriptor}`
  const release = () => closeSync(descriptor)
  try {
    return { kind: 'permitted', real: readlinkSync(connectTo), connectTo, release }
  } catch (error) {
    release()
    throw error
  }
}

function followed(path: string): Permitted {
  const real = realpathSync.native(path)
  return { kind: 'permitted', real, connectTo: real, release: () => {} }
}

function realFolder({ folder }: UnixGrant): string {
  try {
    return realpathSync.native(folder)
  } catch {
    return folder
  }
}

function fits({ file }: UnixGrant, folder: string, path: string): boolean {
  const slash = path.lastIndexOf('/')
  return (path.slice(0, slash) || '/') === folder && matches(file, path.slice(slash + 1))
}

/** `*` stands for any characters, also none. No regular expression, which could be made to take long. */
function matches(pattern: string, name: string): boolean {
  const [start = '', ...rest] = pattern.split('*')
  const end = rest.pop()
  if (end === undefined) return pattern === name
  if (!name.startsWith(start)) return false
  let at = start.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return name.length - end.length >= at && name.endsWith(end)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EUNKNOWN'
}

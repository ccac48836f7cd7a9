import { readlinkSync } from 'node:fs'
import { lstat, mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder for temporary files that only this user can read, named after its owner, this process. */
export async function makeOwnedFolder(prefix: string): Promise<string> {
  // mkdtemp gives mode 0700
  return mkdtemp(join(await realpath(tmpdir()), `${prefix}-${namespace()}-${process.pid}-`))
}

/**
 * A process that was killed could not remove its own: those of owners that are no more are removed. Nobody misses one that could
 * not be: the next sweep tries again.
 */
export async function sweepOwnedFolders(prefix: string): Promise<void> {
  const base = await realpath(tmpdir()).catch(() => tmpdir())
  const names = await readdir(base).catch(() => [])
  const left = names.filter((name) => {
    const owner = ownerOf(name, prefix)
    return owner !== undefined && !isAlive(owner)
  })
  await Promise.all(left.map((name) => removeOurs(join(base, name)).catch(() => undefined)))
}

/** The process that a folder of this name belongs to, if it is one whose death we could see. */
function ownerOf(name: string, prefix: string): number | undefined {
  if (!name.startsWith(`${prefix}-`)) return undefined
  const [, where, pid] = /^([0-9]+)-([1-9][0-9]{0,9})-[A-Za-z0-9]{6}$/.exec(name.slice(prefix.length + 1)) ?? []
  return where === namespace() ? Number(pid) : undefined
}

async function removeOurs(folder: string): Promise<void> {
  const about = await lstat(folder)
  if (about.isDirectory() && about.uid === process.getuid?.()) await rm(folder, { recursive: true, force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** Containers may share a folder for temporary files, but not the numbers of processes. */
function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return '0' // a system without them
  }
}

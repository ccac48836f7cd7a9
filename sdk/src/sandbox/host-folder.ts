import { readlinkSync } from 'node:fs'
import { lstat, mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'pointsman-host-'

/**
 * A new folder for a host's program, named after its owner, this process. One that was killed could not remove its own: those
 * of owners that are no more are removed here.
 */
export async function makeHostFolder(): Promise<string> {
  const base = await realpath(tmpdir())
  const [folder] = await Promise.all([mkdtemp(join(base, `${PREFIX}${namespace()}-${process.pid}-`)), sweep(base)])
  return folder
}

/** Nobody misses a folder that could not be removed: the next one tries again. */
async function sweep(base: string): Promise<void> {
  const names = await readdir(base).catch(() => [])
  const left = names.filter((name) => {
    const owner = ownerOf(name)
    return owner !== undefined && !isAlive(owner)
  })
  await Promise.all(left.map((name) => removeOurs(join(base, name)).catch(() => undefined)))
}

/** The process that a folder of this name belongs to, if it is one whose death we could see. */
function ownerOf(name: string): number | undefined {
  const [, where, pid] = /^pointsman-host-([0-9]+)-([1-9][0-9]{0,9})-[A-Za-z0-9]{6}$/.exec(name) ?? []
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

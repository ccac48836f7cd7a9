import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

/** A folder of the system's control groups (version 2) in which each sandbox host gets a group of its own. */
export interface HostGroups {
  readonly folder: string
  /** Deletes the groups of hosts that are no more, and the folder with the last of them. */
  remove(): void
}

/** The name that our own group must have: who gave it to us says with it that the group above is ours to divide. */
const OURS = 'supervisor'
const FOLDER = /^pointsman-([1-9][0-9]*)$/
const CONTROLLERS = ['memory', 'pids']
const MiB = 1_048_576
/** What the kernel counts and resident memory does not; also what lets the worker's watch, which can tell why, come first. */
const SLACK = 64 * MiB
/** A host has about a dozen; many timeouts at once have one each. */
const THREADS = 256

/** `undefined` where control groups cannot be had: version 1, not given to us to divide, or not writable. */
export function makeHostGroups(): HostGroups | undefined {
  const own = groupFolder('self')
  if (own === undefined || basename(own) !== OURS) return undefined
  const above = dirname(own)
  const folder = join(above, `pointsman-${process.pid}`)
  try {
    for (const left of readdirSync(above)) if (isLeft(left)) removeGroups(join(above, left))
    delegate(above)
    mkdirSync(folder, { recursive: true })
    delegate(folder)
    return { folder, remove: () => removeGroups(folder) }
  } catch {
    removeGroups(folder)
    return undefined
  }
}

/**
 * What a host's command begins with, so that the rest of it runs in a group of its own; `memory` is what a host may have, in
 * bytes. The group is named after the process, which stays the same.
 */
export function groupCommand({ folder }: HostGroups, memory: number): string[] {
  const steps = [
    'g="$0/host-$$"',
    'mkdir "$g"',
    `echo ${memory + SLACK} >"$g/memory.max"`,
    // Where the kernel does not count swap there is no such file.
    '{ [ ! -e "$g/memory.swap.max" ] || echo 0 >"$g/memory.swap.max"; }',
    `echo ${THREADS} >"$g/pids.max"`,
    'echo $$ >"$g/cgroup.procs"',
    'exec "$@"',
  ]
  return ['/bin/sh', '-c', steps.join(' && '), folder]
}

/** The group that a process was given by `groupCommand`; `undefined` when it has none. */
export function hostGroup(pid: number): string | undefined {
  const folder = groupFolder(pid)
  return folder !== undefined && basename(folder) === `host-${pid}` ? folder : undefined
}

/** Deletes the group of a process that has ended, and says whether the kernel ended it over its memory. */
export function leaveGroup(group: string): boolean {
  const killed = /^oom_kill [1-9]/m.test(read(join(group, 'memory.events')))
  removeGroup(group)
  return killed
}

function delegate(folder: string): void {
  writeFileSync(join(folder, 'cgroup.subtree_control'), CONTROLLERS.map((name) => `+${name}`).join(' '))
}

/** Where the group of a process is in the file system. */
function groupFolder(process: number | 'self'): string | undefined {
  const [, path] = /^0::(\/.*)$/m.exec(read(`/proc/${process}/cgroup`)) ?? []
  const [, root, mount] = /^\S+ \S+ \S+ (\S+) (\S+) .*? - cgroup2 /m.exec(read('/proc/self/mountinfo')) ?? []
  if (path === undefined || root === undefined || mount === undefined) return undefined
  const inside = relative(root, path)
  return inside.startsWith('..') ? undefined : join(mount, inside)
}

/** A folder of an instance that was killed and could not remove its own. */
function isLeft(name: string): boolean {
  const [, pid] = FOLDER.exec(name) ?? []
  return pid !== undefined && read(`/proc/${pid}/stat`) === ''
}

/** What still has processes stays, for the next start. */
function removeGroups(folder: string): void {
  try {
    for (const name of readdirSync(folder)) if (name.startsWith('host-')) removeGroup(join(folder, name))
  } catch {
    // it was never made
  }
  removeGroup(folder)
}

function removeGroup(group: string): void {
  try {
    rmdirSync(group)
  } catch {
    // not there, or still in use
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { DEFAULTS, ISOLATION_LAYERS, type IsolationLayer } from '../limits.ts'
import { groupCommand, type HostGroups, makeHostGroups } from './cgroup.ts'
import { CONFINED } from './host-arguments.ts'
import { type HostProgram, installHostProgram, probeHost } from './host-program.ts'

/** How to start sandbox hosts. */
export interface HostLaunch {
  /** Program and arguments; the host's own arguments are appended. */
  readonly command: readonly string[]
  /** The walls round each host that the command puts up. */
  readonly layers: readonly IsolationLayer[]
  /** The same for hosts of untrusted tenants, where they have one wall more. */
  readonly untrusted?: Omit<HostLaunch, 'untrusted'>
}

/** A way to start sandbox hosts, and what was written for it. */
export interface DetectedLaunch extends HostLaunch {
  remove(): Promise<void>
}

export interface LaunchSettings {
  /** Numeric user and group for sandbox hosts when started as root. */
  readonly user: number
  /** Which sandbox hosts run without a JIT compiler (slower loops, smaller attack surface): none, all, or untrusted tenants'. */
  readonly jitless: boolean | 'untrusted'
  /** What one host may have, in bytes, where the kernel holds it to that; 512 MiB by default. */
  readonly hostMemory?: number
}

/** What a command is made of. */
interface Parts {
  readonly settings: LaunchSettings
  readonly program: HostProgram
  readonly groups: HostGroups | undefined
}

const DESCRIPTORS = 64
/** Threads of all hosts of one user together: enough for many hosts, few for a fork bomb. */
const THREADS = 4096

/**
 * Finds out which walls this machine lets us put round a sandbox host, by starting one with all of them, and where that fails
 * by adding one after the other. `docs/security.md` says what each layer stops.
 */
export async function detectHostLaunch(settings: LaunchSettings): Promise<DetectedLaunch> {
  const parts = await makeParts(settings)
  const wanted = ISOLATION_LAYERS.filter((layer) => offered(layer, parts))
  const layers = await reached(wanted, (layers) => commandFor(layers, parts))
  if (layers === undefined) {
    await remove(parts)
    throw new Error('a sandbox host cannot be started at all: is isolated-vm installed for this Node?')
  }
  return launchWith(layers, parts)
}

/** The same without trying, where `layers` were found out before. */
export async function repeatHostLaunch(
  settings: LaunchSettings,
  layers: readonly IsolationLayer[],
): Promise<DetectedLaunch> {
  const parts = await makeParts(settings)
  const had = layers.filter((layer) => layer !== 'cgroup' || parts.groups !== undefined)
  return launchWith(had, parts)
}

/** Running without a JIT compiler is up to Node alone: that need not be tried. */
function launchWith(layers: readonly IsolationLayer[], parts: Parts): DetectedLaunch {
  const launch = { command: commandFor(layers, parts), layers, remove: () => remove(parts) }
  if (parts.settings.jitless !== 'untrusted') return launch
  const more: readonly IsolationLayer[] = [...layers, 'jitless']
  return { ...launch, untrusted: { command: commandFor(more, parts), layers: more } }
}

async function makeParts(settings: LaunchSettings): Promise<Parts> {
  return { settings, program: await installHostProgram(), groups: makeHostGroups() }
}

async function remove({ program, groups }: Parts): Promise<void> {
  groups?.remove()
  await program.remove()
}

async function reached(
  wanted: readonly IsolationLayer[],
  command: (layers: readonly IsolationLayer[]) => string[],
): Promise<readonly IsolationLayer[] | undefined> {
  if (await probeHost(command(wanted))) return wanted
  let layers: readonly IsolationLayer[] = ['process']
  if (!(await probeHost(command(layers)))) return undefined
  for (const layer of wanted) {
    if (layers.includes(layer)) continue
    const more = [...layers, layer]
    if (await probeHost(command(more))) layers = more
  }
  return layers
}

function offered(layer: IsolationLayer, { settings, groups }: Parts): boolean {
  const linux = process.platform === 'linux'
  switch (layer) {
    case 'process':
    case 'permission':
    case 'limits':
      return true
    case 'user':
      return linux && process.getuid?.() === 0 && find('setpriv') !== undefined
    case 'parent-death':
      return linux && find('setpriv') !== undefined
    case 'network':
      return linux && find('unshare') !== undefined
    case 'cgroup':
      return groups !== undefined
    case 'seccomp':
      return linux && (process.arch === 'x64' || process.arch === 'arm64')
    case 'jitless':
      return settings.jitless === true
    default:
      return layer satisfies never
  }
}

/** Each wrapper replaces itself with the next program, so that what is killed is the host. */
function commandFor(layers: readonly IsolationLayer[], { settings, program, groups }: Parts): string[] {
  const command: string[] = []
  if (layers.includes('cgroup') && groups !== undefined)
    command.push(...groupCommand(groups, settings.hostMemory ?? DEFAULTS.hostMemory))
  if (layers.includes('network')) {
    const asUser = process.getuid?.() === 0 ? [] : ['--user']
    command.push(find('unshare') ?? 'unshare', ...asUser, '--net', '--ipc', '--')
  }
  if (layers.includes('user') || layers.includes('parent-death')) {
    const id = String(settings.user)
    const user = layers.includes('user') ? ['--reuid', id, '--regid', id, '--clear-groups', '--inh-caps=-all'] : []
    const death = layers.includes('parent-death') ? ['--pdeathsig', 'KILL'] : []
    command.push(find('setpriv') ?? 'setpriv', '--no-new-privs', ...user, ...death, '--')
  }
  if (layers.includes('limits')) {
    const threads = layers.includes('user') ? ` && { ulimit -u ${THREADS} || ulimit -p ${THREADS}; } 2>/dev/null` : ''
    command.push(
      '/bin/sh',
      '-c',
      `ulimit -c 0 && ulimit -f 0 && ulimit -n ${DESCRIPTORS}${threads} && unset PWD && exec "$@"`,
      'sh',
    )
  }
  const words = layers.includes('seccomp') ? [CONFINED] : []
  return [...command, process.execPath, ...nodeFlags(layers, program), program.file, ...words]
}

/**
 * A loop of V8's interpreter hears that its time is up only when it is looked at whether it is worth compiling, which without a
 * compiler is after some 9,000 rounds: seconds, where each calls a builtin that takes 0.2 ms. So every 90, at no cost that could be
 * measured (with 10 instead of 30, decisions take 6 % longer).
 */
const HEARS_SOONER = ['--invocation-count-for-turbofan=30']

function nodeFlags(layers: readonly IsolationLayer[], { reads }: HostProgram): string[] {
  const flags = [
    '--no-node-snapshot', // isolated-vm needs it
    '--max-old-space-size=64', // of the host's own heap; isolates have their own limit
    '--disable-proto=delete',
    '--disallow-code-generation-from-strings',
    '--disable-sigusr1',
    // What an isolate had goes back to the system when it is disposed of, not to a pool for others.
    '--no-memory-pool',
    '--no-memory-pool-share-memory-on-teardown',
    // Of four, which V8 would have, those who collect garbage take all processors at once from those who serve.
    '--v8-pool-size=1',
  ]
  if (layers.includes('permission'))
    flags.push('--permission', '--allow-addons', ...reads.map((path) => `--allow-fs-read=${path}`))
  // It has to ask for its filter, and gives this up with it.
  if (layers.includes('permission') && layers.includes('seccomp')) flags.push('--allow-ffi')
  if (layers.includes('jitless')) flags.push('--jitless', ...HEARS_SOONER)
  return flags
}

function find(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/bin', '/usr/sbin', '/sbin']
  return folders
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, program))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

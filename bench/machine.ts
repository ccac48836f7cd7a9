import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { find } from '../test/kit/programs.ts'

/** Where figures were made: they are worth nothing without it. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  /** TCP's, where neither a route nor a socket has another; not known of what was measured before 2026-11-24. */
  readonly congestionControl?: string
  readonly node: string
  /** The day, as `2026-01-31`. */
  readonly date: string
}

/** Every proxy is alone on one core; load and what stands behind the proxies share the other. */
export const [PROXY_CORE = 0, LOAD_CORE = 1] = coresOf(readFileSync('/proc/self/status', 'latin1'))

/** Those that a process may run on, in the words of `/proc/<pid>/status`: `0-3,8`. */
export function coresOf(status: string): number[] {
  const ranges = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1]?.split(',') ?? []
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, at) => first + at)
  })
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    congestionControl: readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'latin1').trim(),
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
  }
}

/** What each program says of its version; those that are not here are left out. */
export function versions(): Record<string, string> {
  const says = (program: string, word: string, pattern: RegExp) => {
    const path = find(program)
    if (path === undefined) return []
    const { stdout, stderr } = spawnSync(path, [word], { encoding: 'utf8', timeout: 5000 })
    const version = pattern.exec(`${stdout}${stderr}`)?.[1]
    return [[program, version ?? 'unknown'] as const]
  }
  return Object.fromEntries([
    ...says('nginx', '-v', /nginx\/(\S+)/),
    ...packaged('njs', 'libnginx-mod-stream-js'),
    ...says('haproxy', '-v', /version (\S+)/i),
    ...says('sslh-select', '-V', /(\d+\.\S+)/),
    ...packaged('sniproxy', 'sniproxy'),
    ...says('wrk', '-v', /wrk (?:debian\/)?(\S+)/),
  ])
}

/** Why no peer can be measured here, or `undefined`. */
export function unsuited(): string | undefined {
  if (process.platform !== 'linux')
    return 'this is not Linux: there is no taskset, and processor time is read from /proc'
  if (coresOf(readFileSync('/proc/self/status', 'latin1')).length < 2)
    return 'there is one core only: the load would take from what is measured'
  return find('taskset') === undefined ? 'there is no taskset (package util-linux)' : undefined
}

/** For programs that do not say their version. */
function packaged(name: string, of: string): (readonly [string, string])[] {
  try {
    // dpkg's own notation
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is not JavaScript's
    const words = ['--show', '--showformat', '${Version}', of]
    return [[name, execFileSync('dpkg-query', words, { encoding: 'utf8', stdio: 'pipe' })]]
  } catch {
    return []
  }
}

import { readdirSync, readFileSync } from 'node:fs'

/** Whose processor time is counted apart. */
export const PARTIES = ['load', 'attackers', 'supervisor', 'worker', 'hosts', 'compilers'] as const
export type Party = (typeof PARTIES)[number]

const TICK = 10

/** CPU milliseconds of each party's living processes so far, those of children that they waited for included. */
export function processorTimes(attackers: readonly number[], pointsman: number): Record<Party, number> {
  const times: Record<Party, number> = { load: 0, attackers: 0, supervisor: 0, worker: 0, hosts: 0, compilers: 0 }
  const { user, system } = process.cpuUsage()
  times.load = (user + system) / 1000
  const processes = all()
  for (const [pid, { parent, own, waited }] of processes) {
    if (attackers.includes(pid)) times.attackers += own
    else if (pid === pointsman) times.supervisor += own
    else if (parent === pointsman) {
      const role = roleOf(pid)
      times[role] += own
      times[childrenOf(role)] += waited
    } else if (processes.get(parent)?.parent === pointsman) times[childrenOf(roleOf(parent))] += own
  }
  return times
}

interface Process {
  readonly parent: number
  readonly own: number
  readonly waited: number
}

function all(): Map<number, Process> {
  const found = new Map<number, Process>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = read(`/proc/${name}/stat`)
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
    const at = (index: number) => Number(fields[index] ?? 0)
    found.set(Number(name), {
      parent: at(1),
      own: (at(11) + at(12)) * TICK,
      waited: (at(13) + at(14)) * TICK,
    })
  }
  return found
}

function roleOf(pid: number): 'worker' | 'compilers' {
  return read(`/proc/${pid}/cmdline`).startsWith('pointsman worker') ? 'worker' : 'compilers'
}

function childrenOf(role: 'worker' | 'compilers'): Party {
  return role === 'worker' ? 'hosts' : role
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

import { readFileSync } from 'node:fs'
import { until } from '../kit/wait.ts'

/** Whether a process runs; one that has ended and waits for its parent does not. */
export function runs(pid: number): boolean {
  try {
    return !/^[0-9]+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** The processes that descend from `pid`: children, their children, and so on. */
export function descendants(pid: number): number[] {
  const children = childrenOf(pid)
  return [...children, ...children.flatMap(descendants)]
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

export async function gone(pids: readonly number[], patience?: number): Promise<void> {
  const left = () => pids.filter(runs)
  await until(
    'processes to end',
    () => left().length === 0 || undefined,
    () => ({ left: left() }),
    patience,
  )
}

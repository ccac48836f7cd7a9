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

export { descendants } from '../kit/descendants.ts'

export async function gone(pids: readonly number[], patience?: number): Promise<void> {
  const left = () => pids.filter(runs)
  await until(
    'processes to end',
    () => left().length === 0 || undefined,
    () => ({ left: left() }),
    patience,
  )
}

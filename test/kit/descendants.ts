import { readdirSync, readFileSync } from 'node:fs'

/** The processes that a process has started, by whichever of its threads, and that have not ended. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => childrenOfThread(pid, thread))
  } catch {
    return [] // it has ended
  }
}

/** Those, and theirs. Only the tree is looked at: a look at every process takes a busy machine several milliseconds. */
export function descendants(pid: number): number[] {
  const children = childrenOf(pid)
  return [...children, ...children.flatMap(descendants)]
}

function childrenOfThread(pid: number, thread: string): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

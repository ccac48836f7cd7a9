import { readdirSync, readFileSync } from 'node:fs'

/** What `look` finds of each thread of a process, and its name; those that end meanwhile, as V8 has them, are left out. */
export function ofThreads<T>(pid: number, look: (thread: number) => T): { name: string; found: T }[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'latin1').trim()
      return [{ name, found: look(Number(thread)) }]
    } catch {
      return []
    }
  })
}

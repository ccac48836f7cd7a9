import { VERSION } from '../version.ts'
import type { Connections } from './worker-link.ts'

/** What the process list shows of the supervisor. */
export interface TitleFacts {
  readonly name: string
  /** One address, or a number of listeners. */
  readonly listen: string
  readonly connections: Connections
}

/**
 * Sets `process.title`. The system gives it the room that the command line had and cuts the rest off, so the counts move to
 * the front as far as is needed for them to be seen.
 */
export function setTitle(facts: TitleFacts): void {
  for (const title of titles(facts)) {
    process.title = title
    if (process.title === title) return
  }
}

/** From the longest form to the shortest. */
export function titles({ name, listen, connections: { current, max, total } }: TitleFacts): string[] {
  const counts = `${current}/${max}/${total}`
  return [
    `pointsman ${VERSION} - ${name} ${listen} - ${counts} cur/max/tot conns`,
    `pointsman - ${name} ${listen} - ${counts}`,
    `pointsman ${counts} ${name} ${listen}`,
  ]
}

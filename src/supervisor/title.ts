import { VERSION } from '../version.ts'
import type { Connections } from './worker-link.ts'

/** What the process list shows of the supervisor. */
export interface TitleFacts {
  readonly name: string
  /** One address, or a number of listeners. */
  readonly listen: string
  readonly connections: Connections
}

/** Sets `process.title`. The system cuts off what its command line had no room for: `bin/pointsman.js` sees to that room. */
export function setTitle({ name, listen, connections: { current, max, total } }: TitleFacts): void {
  process.title = `pointsman ${VERSION} - ${name} ${listen} - ${current}/${max}/${total} cur/max/tot conns`
}

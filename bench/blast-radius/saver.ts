/**
 * A process of the benchmark: saves the attackers' routers again and again. A file system may keep a writer waiting for tens of
 * milliseconds, which would otherwise be the load's. Told what to do by messages: an order, and `{ stop: true }`, which it
 * answers: whoever removes the routers has to wait for that.
 */
import { yieldToOthers } from '../../sdk/src/sandbox/process-files.ts'
import { save } from '../start/routers.ts'

export interface SaveOrder {
  readonly routers: string
  /** Router files by tenant; each `SAVES` in one is the number of the save. */
  readonly texts: readonly (readonly [tenant: string, text: string])[]
  /** Saves of each in a second. */
  readonly perSecond: number
}

yieldToOthers(process.pid, 19)
let timer: NodeJS.Timeout | undefined
let saves = 0

process.on('disconnect', () => process.exit(0))
process.on('message', (message: SaveOrder | { stop: true }) => {
  clearInterval(timer)
  if ('stop' in message) {
    process.send?.('stopped')
    return
  }
  const { routers, texts, perSecond } = message
  timer = setInterval(() => {
    saves += 1
    for (const [tenant, text] of texts) save(routers, tenant, text.replaceAll('SAVES', String(saves)))
  }, 1000 / perSecond)
})

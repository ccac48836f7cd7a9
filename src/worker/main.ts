/** The worker process: it holds the listeners and the connections, and runs no tenant's code. Its supervisor speaks first. */

import { leadGroup, shortenSlices } from 'router-sdk/own-process'
import { yieldOtherThreads } from 'router-sdk/process-files'
import { keepDescriptorsFromChildren, makeRoomForDescriptors } from '../transport/descriptors.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { type Start, Worker } from './worker.ts'

const ORPHAN_DRAIN = 10_000
/**
 * Niceness of V8's threads, which compile and look for garbage: where no processor is left over, they took it from hosts that had questions
 * to answer. Beside ten tenants that log or pour, first bytes came after 10 to 16 and 8 to 11 ms (99 of 100), and come after 6 and 6
 * to 10. The first thread waits for them seldom, since little lives long enough to be collected by them.
 */
const HELPING = 10

let worker: Worker | undefined

keepDescriptorsFromChildren()
makeRoomForDescriptors()
shortenSlices(process.pid, 'worker')
yieldOtherThreads(HELPING)
leadGroup()

// Signals are for the supervisor, which drains its workers; a service manager sends them to all.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, () => {})

process.on('message', (message: ToWorker) => {
  if (message.type !== 'start') {
    worker?.handle(message)
    return
  }
  start(message).catch((error: unknown) => {
    process.exitCode = 1
    process.stderr.write(`pointsman worker: ${error instanceof Error ? error.message : String(error)}\n`)
    process.disconnect?.()
  })
})

async function start(message: Start): Promise<void> {
  worker = new Worker(message, tell)
  await worker.start()
}

// Without a supervisor there is nobody to swap routers or to stop us: finish what is flowing and go.
process.on('disconnect', () => {
  if (worker === undefined) process.exit()
  worker.handle({ type: 'drain', deadline: ORPHAN_DRAIN })
})

function tell(message: FromWorker): void {
  // A supervisor that has just died cannot be told: the error is given to the callback, and `disconnect` follows.
  process.send?.(message, undefined, undefined, () => {})
}

/**
 * A worker that loads what it is told to, one version after the other, each in 100 ms, and none from the tenth on. Its event loop
 * ends to turn when it is to open its logs again.
 */
import type { FromWorker, ToWorker } from '../../src/worker/messages.ts'

const DESCRIPTION = {
  listen: undefined,
  hooks: ['route'],
  failure: { kind: 'close', text: undefined },
  memo: false,
} as const
let loading = Promise.resolve()

process.on('message', (message: ToWorker) => {
  if (message.type === 'start') say({ type: 'ready' })
  if (message.type === 'ping') say({ type: 'pong' })
  if (message.type === 'reopen-logs') for (;;);
  if (message.type !== 'warm') return
  const { id } = message.version
  loading = loading.then(() => load(id))
})

async function load(id: number): Promise<void> {
  if (id >= 10) return new Promise(() => {})
  await new Promise((resume) => setTimeout(resume, 100))
  say({ type: 'warmed', id, description: DESCRIPTION })
}

function say(message: FromWorker): void {
  process.send?.(message)
}

/** A worker that loads what it is told to, one version after the other, each in 100 ms, and none from the tenth on. */
import type { FromWorker, ToWorker } from '../../src/worker/messages.ts'

const DESCRIPTION = {
  listen: undefined,
  hooks: ['route'],
  failure: { kind: 'close', text: undefined },
  memo: false,
} as const
let loading = Promise.resolve()

process.on('message', (message: ToWorker) => {
  if (message.type !== 'warm') return
  const { id } = message.version
  loading = loading.then(() => load(id))
})

async function load(id: number): Promise<void> {
  if (id >= 10) return new Promise(() => {})
  await new Promise((resume) => setTimeout(resume, 100))
  const warmed: FromWorker = { type: 'warmed', id, description: DESCRIPTION }
  process.send?.(warmed)
}

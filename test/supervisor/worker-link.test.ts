import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { OPERATORS } from 'router-sdk/limits'
import { parseSettings } from '../../src/config/problems.ts'
import { ForkedWorker, WorkerLost, WorkerSilent } from '../../src/supervisor/worker-link.ts'

const program = fileURLToPath(import.meta.resolve('./slow-worker.ts'))
const QUICK = { ...OPERATORS, limits: { ...OPERATORS.limits, loadTime: 10 } }

test('waiting behind others does not count as loading; that nothing is loaded any more does', async (t) => {
  const worker = new ForkedWorker(0, { program, warmLimit: 500 })
  t.after(() => worker.kill())
  const about = { number: 1, bundle: '', sourceMap: '' }
  const warm = (id: number) =>
    worker.warm({ type: 'warm', version: { id, router: `r${id}`, code: '', ...QUICK }, about, tables: {} })
  await warm(0) // the process has started
  const started = performance.now()
  const waiting = Array.from({ length: 12 }, (_, index) => warm(index + 1))
  const results = await Promise.allSettled(waiting)
  assert.ok(performance.now() - started > 1000, 'the ninth waited longer than the limit')
  const lost = results.flatMap((result, index) => (result.status === 'rejected' ? [[index + 1, result.reason]] : []))
  assert.deepEqual(
    lost.map(([id]) => id),
    [10, 11, 12],
  )
  for (const [, reason] of lost) assert.ok(reason instanceof WorkerSilent, String(reason))
  assert.match(String(lost[0]?.[1]), /worker 0 did nothing of what it was asked for 540 ms \(warm 10\)/)
})

test('a worker whose event loop does not turn any more is killed, and what waits for it hears why', async (t) => {
  const worker = new ForkedWorker(0, { program, signEvery: 20 })
  t.after(() => worker.kill())
  const settings = parseSettings({}, 'test')
  await worker.start({ type: 'start', index: 0, settings, hostLaunch: { command: [], layers: [] } })
  const about = { number: 1, bundle: '', sourceMap: '' }
  const warm = (id: number) =>
    worker.warm({ type: 'warm', version: { id, router: 'r', code: '', ...QUICK }, about, tables: {} })
  for (let id = 0; id < 5; id++) await warm(id) // half a second of answers in time
  worker.send({ type: 'reopen-logs' })
  const why = 'no sign of life for 200 ms: killed'
  await assert.rejects(warm(5), new WorkerLost(`worker 0 ended (${why})`))
  assert.equal(await worker.exited, why)
})

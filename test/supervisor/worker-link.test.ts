import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { OPERATORS } from 'router-sdk/limits'
import { ForkedWorker, WorkerSilent } from '../../src/supervisor/worker-link.ts'

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

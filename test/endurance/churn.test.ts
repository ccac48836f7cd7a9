import { test } from 'node:test'
import { churn } from './churn.ts'

test('20,000 short connections through two routers, while hosts are recycled, leave one record each and nothing else', async (t) => {
  await churn(t, { connections: 20_000, atOnce: 50, killEvery: 1000 })
})

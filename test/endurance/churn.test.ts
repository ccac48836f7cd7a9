import { test } from 'node:test'
import { churn } from './churn.ts'

test('6,000 short connections through two routers, while hosts are recycled, leave one record each and nothing else', async (t) => {
  await churn(t, { connections: 6_000, atOnce: 50, killEvery: 500 })
})

import { test } from 'node:test'
import { churn } from '../endurance/churn.ts'

test('a million short connections through two routers, while hosts are recycled, leave one record each and nothing else', async (t) => {
  await churn(t, { connections: 1_000_000, atOnce: 50, killEvery: 2000 })
})

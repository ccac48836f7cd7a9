import { test } from 'node:test'
import { day } from '../endurance/day.ts'

test('two days in the life of 500 tenants, of two and a half minutes each, leave nothing behind', async (t) => {
  await day(t, { tenants: 500, seconds: 150, attackerEvery: 20, rest: 64 })
})

import { test } from 'node:test'
import { day } from '../endurance/day.ts'

test('ten minutes in the life of 500 tenants leave nothing behind', async (t) => {
  await day(t, { tenants: 500, seconds: 600, attackerEvery: 20, rest: 75 })
})

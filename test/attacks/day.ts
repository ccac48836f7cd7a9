import { test } from 'node:test'
import { day } from '../endurance/day.ts'

test('some seconds in the life of thirty tenants leave nothing behind', async (t) => {
  await day(t, { tenants: 30, seconds: 6, attackerEvery: 15, rest: 2 })
})

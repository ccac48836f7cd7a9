import { test } from 'node:test'
import { underFire } from '../endurance/under-fire.ts'

test('2,000 saves, 1,000 killed hosts and a hostile neighbour harm no stream and no new connection', async (t) => {
  await underFire(t, { streams: 200, saves: 2000, kills: 1000 })
})

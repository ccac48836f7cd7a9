import { test } from 'node:test'
import { underFire } from './under-fire.ts'

test('50 saves, 20 killed hosts and a hostile neighbour harm no stream and no new connection', async (t) => {
  await underFire(t, { streams: 200, saves: 50, kills: 20 })
})

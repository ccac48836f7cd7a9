import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordKeeper } from '../../src/worker/access-record.ts'
import { RefusalRecords, type RefusedTogether } from '../../src/worker/refusal-records.ts'

function refusals() {
  const one: string[] = []
  const together: RefusedTogether[] = []
  const records = new RefusalRecords({
    one: ({ id }) => one.push(id),
    together: (refused) => together.push(refused),
  })
  const close = (id: string, reason: 'over-limit' | 'client-end', router = 'acme/r') => {
    const keeper = new RecordKeeper()
    if (reason === 'over-limit') keeper.limit = 'connections'
    records.closed(keeper.finish({ id, listener: 'l', client: 'c', router }, { up: 0, down: 0 }, reason))
  }
  return { one, together, records, close }
}

test('of a flood of refused connections the first have records of their own, and the others one together', () => {
  const { one, together, records, close } = refusals()
  for (let at = 0; at < 500; at++) close(`flood-${at}`, 'over-limit')
  close('other', 'over-limit', 'other/r')
  records.flush()
  assert.deepEqual(one, [...Array.from({ length: 20 }, (_, at) => `flood-${at}`), 'other'])
  const refused = { listener: 'l', router: 'acme/r', limit: 'connections', reason: 'over-limit' }
  assert.deepEqual(together, [{ ...refused, times: 480 }])
})

test('what was not refused has a record each, however much it is', () => {
  const { one, together, records, close } = refusals()
  for (let at = 0; at < 500; at++) close(`relayed-${at}`, 'client-end')
  records.flush()
  assert.equal(one.length, 500)
  assert.deepEqual(together, [])
})

/**
 * Our parsers beside well-kept ones of others, on what real clients sent and on 100,000 mutants of it. What both can read must
 * mean the same to both; what only one of them reads is a difference on purpose, named where the two are compared, or a fault.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noise, randomFrom } from '../../sdk/src/testing/noise.ts'
import { literal } from '../../sdk/src/testing/words.ts'
import { dns } from './oracles/dns.ts'
import { http1 } from './oracles/http1.ts'
import { http2 } from './oracles/http2.ts'
import { mqtt } from './oracles/mqtt.ts'
import type { Comparison, Oracle } from './oracles/oracle.ts'
import { proxy } from './oracles/proxy.ts'
import { redis } from './oracles/redis.ts'
import { tls } from './oracles/tls.ts'

const ORACLES = [dns, http1, http2, mqtt, proxy, redis, tls]
const SEED = 1

for (const oracle of ORACLES)
  describe(`beside ${oracle.name}`, () => {
    it('what real clients send is read by both, and means the same', async () => {
      for (const bytes of oracle.fixtures) {
        const found = await oracle.compare(bytes)
        check(found, bytes)
        assert.equal(found.kind, 'both', `${literal(bytes)}: ${JSON.stringify(found)}`)
      }
    })

    it(`${oracle.mutants.toLocaleString('en')} mutants are read alike, or refused for a reason`, async (test) => {
      const counts = await mutate(oracle)
      test.diagnostic(JSON.stringify(Object.fromEntries(counts)))
      assert.ok((counts.get('both') ?? 0) >= oracle.bothRead, `only ${counts.get('both')} were read by both`)
    })
  })

it('there are 100,000 mutants in all', () => {
  assert.equal(
    ORACLES.reduce((sum, { mutants }) => sum + mutants, 0),
    100_000,
  )
})

async function mutate(oracle: Oracle): Promise<Map<string, number>> {
  const random = randomFrom(SEED)
  const counts = new Map<string, number>()
  for (let at = 0; at < oracle.mutants; at++) {
    const bytes = noise(random, oracle.fixtures)
    const found = await oracle.compare(bytes)
    check(found, bytes)
    const key = 'reason' in found ? `${found.kind}: ${found.reason}` : found.kind
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function check(found: Comparison, bytes: Uint8Array): void {
  if (found.kind === 'both') assert.deepEqual(found.ours, found.theirs, literal(bytes))
  else if (found.kind !== 'neither')
    assert.ok(found.reason !== undefined, `only ${found.kind} reads it, for no known reason: ${literal(bytes)}`)
}

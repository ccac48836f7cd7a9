/**
 * Our parsers beside well-kept ones of others, on what real clients sent and on 100,000 mutants of it. What both can read must
 * mean the same to both; what only one of them reads is a difference on purpose, named where the two are compared, or a fault.
 * `MUTANTS_TIMES=20` tries twenty times as many.
 *
 * No parser of what a client sends first was found on npm that is both kept and free of native code or large data for
 *
 * - git's requests: clients only
 * - SSH's identification: ssh2 builds native code, and wraps the line's reader in the whole exchange; ssh2-streams is given up
 * - SOCKS 4: socks is a client; socksv5, which is given up, reads version 5 only
 * - RDP: node-rdpjs and what came of it are clients, and given up
 * - Minecraft: minecraft-protocol and minecraft-packets bring over 100 MB of the game's tables
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noise, randomFrom } from '../../sdk/src/testing/noise.ts'
import { literal } from '../../sdk/src/testing/words.ts'
import { amqp } from './oracles/amqp.ts'
import { dns } from './oracles/dns.ts'
import { http1 } from './oracles/http1.ts'
import { http2 } from './oracles/http2.ts'
import { mongodb } from './oracles/mongodb.ts'
import { mqtt } from './oracles/mqtt.ts'
import { mysql } from './oracles/mysql.ts'
import type { Comparison, Oracle } from './oracles/oracle.ts'
import { postgres } from './oracles/postgres.ts'
import { proxy } from './oracles/proxy.ts'
import { redis } from './oracles/redis.ts'
import { smtp } from './oracles/smtp.ts'
import { socks5 } from './oracles/socks5.ts'
import { tls } from './oracles/tls.ts'
import { websocket } from './oracles/websocket.ts'

const ORACLES = [amqp, dns, http1, http2, mongodb, mqtt, mysql, postgres, proxy, redis, smtp, socks5, tls, websocket]
const SEED = 1
const TIMES = Number(process.env.MUTANTS_TIMES ?? 1)

for (const oracle of ORACLES)
  describe(`beside ${oracle.name}`, () => {
    it('what real clients send is read by both, and means the same', async () => {
      for (const bytes of oracle.fixtures) {
        const found = await oracle.compare(bytes)
        check(found, bytes)
        assert.equal(found.kind, 'both', `${literal(bytes)}: ${JSON.stringify(found)}`)
      }
    })

    it(`${(oracle.mutants * TIMES).toLocaleString('en')} mutants are read alike, or refused for a reason`, async (test) => {
      const counts = await mutate(oracle)
      test.diagnostic(JSON.stringify(Object.fromEntries(counts)))
      assert.ok((counts.get('both') ?? 0) >= oracle.bothRead, `only ${counts.get('both')} were read by both`)
    })
  })

it('there are more than 100,000 mutants in all', () => {
  assert.ok(ORACLES.reduce((sum, { mutants }) => sum + mutants, 0) > 100_000)
})

async function mutate(oracle: Oracle): Promise<Map<string, number>> {
  const random = randomFrom(SEED)
  const counts = new Map<string, number>()
  for (let at = 0; at < oracle.mutants * TIMES; at++) {
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

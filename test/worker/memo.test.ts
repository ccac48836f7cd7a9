import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Question, READ } from 'router-sdk/sandbox'
import type { Inquiry, Outcome } from '../../src/worker/decide.ts'
import { hashOf } from '../../src/worker/memo-hash.ts'
import { MemoRoom, MemoShelf } from '../../src/worker/memo-room.ts'
import { bundle } from '../sandbox/sandboxes.ts'
import { CORDON, Deciding, inquiry, ROUTER } from './deciding.ts'

const OTHER: Record<string, Partial<Question['facts']>> = {
  final: { final: true },
  'client.address': { client: { address: '192.0.2.9', port: 4000 } },
  'local.address': { local: { address: '192.0.2.10', port: 80 } },
  'local.port': { local: { address: '192.0.2.8', port: 81 } },
  listener: { listener: '0.0.0.0:81' },
  now: { now: 1_700_000_000_001 },
}
const NEVER = { 'client.port': { client: { address: '192.0.2.7', port: 4001 } } }

function isRemembered(outcome: Outcome): boolean {
  return outcome.kind === 'decided' && outcome.remembered
}

function text(outcome: Outcome): string | undefined {
  return outcome.kind === 'decided' && outcome.decision.kind === 'close' ? outcome.decision.text : undefined
}

/** Serves a router that closes with `expression`. */
async function serving(expression: string, bytes?: () => number): Promise<Deciding> {
  const deciding = new Deciding(bytes)
  await deciding.serve(bundle(`{ route: (conn) => ({ close: String(${expression}) }) }`))
  return deciding
}

async function twice(deciding: Deciding, about: Inquiry): Promise<boolean> {
  await deciding.decide(about)
  return isRemembered(await deciding.decide(about))
}

describe('a decision is remembered', () => {
  it('for the same question, and nobody is asked', async () => {
    await using deciding = await serving('conn.text')
    const first = await deciding.decide(inquiry('a'))
    assert.ok(!isRemembered(first))
    const { asked } = deciding
    const second = await deciding.decide(inquiry('a'))
    assert.ok(isRemembered(second))
    assert.deepEqual({ ...second, remembered: false }, first)
    assert.equal(deciding.asked, asked)
  })

  it('never before decide returns', async () => {
    await using deciding = await serving('conn.text')
    await deciding.decide(inquiry('a'))
    let returned = false
    const answered = deciding.decide(inquiry('a')).then(() => returned)
    returned = true
    assert.ok(await answered)
  })

  for (const [fact, other] of Object.entries(OTHER))
    it(`by ${fact}, where that is what it read: another one is asked about`, async () => {
      await using deciding = await serving(`conn.${fact}`)
      const known = fact !== 'now'
      assert.equal(await twice(deciding, inquiry('a')), known)
      const changed = await deciding.decide(inquiry('a', other))
      assert.ok(!isRemembered(changed))
      assert.notEqual(text(changed), text(await deciding.decide(inquiry('a'))))
      // Everything else may be as it will.
      const rest = Object.entries({ ...OTHER, ...NEVER }).filter(([name]) => name !== fact)
      for (const [name, unread] of rest) {
        if (name.split('.')[0] === fact.split('.')[0]) continue
        assert.equal(isRemembered(await deciding.decide(inquiry('b', unread))), known, name)
      }
    })

  it('by the bytes, where those are what it read', async () => {
    await using deciding = await serving('conn.text')
    assert.equal(text(await deciding.decide(inquiry('a'))), 'a')
    assert.equal(text(await deciding.decide(inquiry('aa'))), 'aa')
    assert.equal(text(await deciding.decide(inquiry('\xff'))), '\xff')
    assert.ok(isRemembered(await deciding.decide(inquiry('a', { ...OTHER['client.address'], final: true }))))
  })

  it('not by what one fact and the next look like when they are put together', async () => {
    await using deciding = await serving("conn.client.address + '|' + conn.local.address + '|' + conn.text")
    const at = (client: string, local: string, bytes: string) =>
      inquiry(bytes, { client: { address: client, port: 1 }, local: { address: local, port: 1 } })
    const all = [at('a', 'b1 c', 'd'), at('a1 b', 'c', 'd'), at('a', 'b', '1 cd'), at('', '1 ab', 'cd')]
    const said = new Set<string | undefined>()
    for (const each of all) said.add(text(await deciding.decide(each)))
    assert.equal(said.size, all.length)
  })

  it('on each path by what that path reads', async () => {
    await using deciding = await serving("conn.final ? 'last' : conn.text === 'a' ? conn.client.address : conn.text")
    for (const about of [inquiry('a'), inquiry('b'), inquiry('a', { final: true })])
      assert.ok(await twice(deciding, about))
    assert.ok(isRemembered(await deciding.decide(inquiry('zzz', { final: true }))))
    assert.equal(text(await deciding.decide(inquiry('a', OTHER['client.address']))), '192.0.2.9')
    assert.ok(isRemembered(await deciding.decide(inquiry('b', OTHER['client.address']))))
  })

  it('when it waits, and when it forwards', async () => {
    await using deciding = new Deciding()
    await deciding.serve(
      bundle(
        "{ route: ({ text }) => text === '' ? { noop: true, atLeast: 4 } : { remote: 'a.example:80', data: text } }",
      ),
    )
    for (const about of [inquiry(''), inquiry('x')]) assert.ok(await twice(deciding, about))
    const { decision } = (await deciding.decide(inquiry('x'))) as Extract<Outcome, { kind: 'decided' }>
    assert.ok(decision.kind === 'forward')
    assert.deepEqual([decision.remote, decision.data], ['a.example:80', 'x'])
  })

  it('of onConnect apart from those of route', async () => {
    await using deciding = new Deciding()
    await deciding.serve(bundle("{ route: () => ({ close: 'route' }), onConnect: () => ({ close: 'onConnect' }) }"))
    for (const hook of ['route', 'onConnect'] as const) {
      assert.ok(await twice(deciding, inquiry('', {}, hook)))
      assert.equal(text(await deciding.decide(inquiry('', {}, hook))), hook)
    }
  })
})

describe('a decision is not remembered', () => {
  const NOT: readonly (readonly [string, string])[] = [
    ['that read the client’s port', '{ route: (conn) => ({ close: String(conn.client.port) }) }'],
    ['that read the time', '{ route: () => ({ close: String(Date.now()) }) }'],
    ['that logged', "{ route: (conn) => { conn.log('x'); return { noop: true } } }"],
    [
      'that logged before a look-up',
      "{ route: (conn) => { if (conn.text === '') return { noop: true }; if (logs++ === 0) conn.log('x'); conn.lookup('t', 'k'); return { noop: true } } }",
    ],
    ['that failed', "{ route: (conn) => { if (conn.text !== '') throw new Error('no'); return { noop: true } } }"],
    ['that is none', "{ route: (conn) => (conn.text === '' ? { noop: true } : { close: 5 }) }"],
    [
      'that found no table',
      "{ route: (conn) => { if (conn.text !== '') conn.lookup('u', 'k'); return { noop: true } } }",
    ],
    ['of a router with memo: false', '{ memo: false, route: () => ({ noop: true }) }'],
  ]
  for (const [what, definition] of NOT)
    it(what, async () => {
      await using deciding = new Deciding()
      await deciding.serve(bundle(definition, 'let logs = 0'))
      assert.equal(await twice(deciding, inquiry('a')), false)
    })

  it('of a hook that is told of an event', async () => {
    await using deciding = new Deciding()
    await deciding.serve(bundle('{ route: () => ({ noop: true }), onConnectError: () => ({ close: true }) }'))
    assert.ok(!(await twice(deciding, inquiry('a', { event: { code: 'refused' } }, 'onConnectError'))))
  })

  it('that read more than 4 KiB', async () => {
    await using deciding = await serving('conn.text.length')
    assert.ok(await twice(deciding, inquiry('x'.repeat(4096))))
    assert.ok(!(await twice(deciding, inquiry('x'.repeat(4097)))))
  })

  it('where the operator allows nothing', async () => {
    await using deciding = await serving('conn.text', () => 0)
    assert.ok(!(await twice(deciding, inquiry('a'))))
  })
})

describe('what is remembered is forgotten', () => {
  it('when a table changes, and so is what was under way', async () => {
    await using deciding = await serving("conn.lookup('t', conn.text)")
    deciding.table = { a: 'one' }
    assert.ok(await twice(deciding, inquiry('a')))
    deciding.setTable({ a: 'two' })
    assert.equal(text(await deciding.decide(inquiry('a'))), 'two')
    deciding.setTable({ a: 'three' })
    let changed = false
    deciding.between = () => {
      if (deciding.fetched > 0 && !changed) deciding.setTable({ a: 'four' })
      changed = true
    }
    await deciding.decide(inquiry('a'))
    assert.equal(text(await deciding.decide(inquiry('a'))), 'four')
  })

  it('when another version serves', async () => {
    await using deciding = await serving('1')
    assert.ok(await twice(deciding, inquiry('a')))
    await deciding.serve(bundle("{ route: () => ({ close: '2' }) }"))
    assert.equal(text(await deciding.decide(inquiry('a'))), '2')
  })

  it('when a host of its cordon is gone, and not when one of another is', async () => {
    await using deciding = await serving('conn.text')
    await deciding.decide(inquiry('a'))
    deciding.memo.forgetCordon('operator')
    assert.ok(isRemembered(await deciding.decide(inquiry('a'))))
    deciding.memo.forgetCordon(CORDON)
    assert.ok(!isRemembered(await deciding.decide(inquiry('a'))))
    assert.ok(isRemembered(await deciding.decide(inquiry('a'))))
  })

  it('and what a host that is gone had been asked before is not taken in', async () => {
    await using deciding = await serving('conn.text')
    deciding.between = () => deciding.memo.forgetCordon(CORDON)
    await deciding.decide(inquiry('a'))
    deciding.between = () => {}
    assert.ok(!isRemembered(await deciding.decide(inquiry('a'))))
  })

  const WHEN: readonly (readonly [string, (deciding: Deciding) => unknown])[] = [
    ['another version serves', (deciding) => deciding.serve(bundle('{ route: () => ({ noop: true }) }'))],
    ['a table changes', (deciding) => deciding.setTable({})],
    ['a host is gone', (deciding) => deciding.memo.forgetCordon(CORDON)],
  ]
  for (const [when, forget] of WHEN)
    it(`at once when ${when}: its tenant's room is not full of what nobody will find`, async () => {
      await using deciding = await serving('conn.text')
      await deciding.decide(inquiry('a'))
      assert.ok(deciding.memo.bytesOf('acme') > 0)
      await forget(deciding)
      assert.equal(deciding.memo.bytesOf('acme'), 0)
    })

  it('when a tenant may have less, and its room is given back with its last version', async () => {
    let allowed = 100_000
    await using deciding = await serving('conn.text', () => allowed)
    for (let n = 0; n < 100; n++) await deciding.decide(inquiry(`${n}`))
    assert.ok(deciding.memo.bytesOf('acme') > 30_000)
    allowed = 1000
    deciding.memo.configure()
    assert.ok(deciding.memo.bytesOf('acme') <= 1000)
    for (let n = 0; n < 100; n++) assert.ok(await twice(deciding, inquiry(`${n}`)))
    assert.ok(deciding.memo.bytesOf('acme') <= 1000)
    allowed = 0
    deciding.memo.configure()
    assert.equal(deciding.memo.bytesOf('acme'), 0)
    assert.ok(!(await twice(deciding, inquiry('99'))))
    allowed = 1000
    deciding.memo.configure()
    assert.ok(await twice(deciding, inquiry('99')))
    const retired = deciding.routers.retire(ROUTER)
    deciding.unload(retired?.id ?? 0)
    assert.equal(deciding.memo.bytesOf('acme'), 0)
  })
})

describe('where questions hardly ever come again', () => {
  const different = async (deciding: Deciding, from: number, to: number) => {
    for (let n = from; n < to; n++) await deciding.decide(inquiry(`question ${n}`))
  }

  it('one that was asked once is not kept, one that was asked twice is', async () => {
    await using deciding = await serving('conn.text', () => 10_000_000)
    await different(deciding, 0, 300)
    const before = deciding.memo.bytesOf('acme')
    await different(deciding, 300, 600)
    assert.equal(deciding.memo.bytesOf('acme'), before)
    for (const known of [false, false, true, true])
      assert.equal(isRemembered(await deciding.decide(inquiry('again'))), known)
  })

  it('and then do, each is kept at once as before', async () => {
    await using deciding = await serving('conn.text', () => 10_000_000)
    await different(deciding, 0, 300)
    for (let n = 0; n < 600; n++) await deciding.decide(inquiry('again'))
    assert.ok(await twice(deciding, inquiry('new')))
  })
})

describe('what a question is found by', () => {
  it('is a number that is the same for the same, and hardly ever for another', () => {
    const hashes = new Set<number>()
    for (let n = 0; n < 20_000; n++) {
      const about = inquiry(`GET /${n} HTTP/1.1\r\nhost: ${n % 7}.example\r\n\r\n`)
      const hash = hashOf(about, READ.bytes)
      assert.equal(hash, hashOf({ ...about, bytes: Buffer.concat([about.bytes]) }, READ.bytes))
      assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 30)
      hashes.add(hash)
    }
    assert.ok(hashes.size > 19_990, `${hashes.size} of 20000`)
  })

  it('depends on every bit of every byte', () => {
    for (let length = 1; length <= 9; length++) {
      const bytes = Buffer.alloc(length, 0x5a)
      const hashes = new Set([hashOf({ ...inquiry(''), bytes }, READ.bytes)])
      for (let at = 0; at < length; at++)
        for (let bit = 0; bit < 8; bit++) {
          const changed = Buffer.from(bytes)
          changed[at] = (bytes[at] ?? 0) ^ (1 << bit)
          hashes.add(hashOf({ ...inquiry(''), bytes: changed }, READ.bytes))
        }
      assert.equal(hashes.size, 8 * length + 1)
    }
  })
})

describe('the room of a tenant', () => {
  /** Any number goes that is the same for the same key. */
  const hash = (key: string) => Buffer.from(key.padStart(8)).readUInt32LE(4) >>> 2
  const remembered = (close: string) => ({ decision: { kind: 'close', text: close } as const, lookups: {} })
  const shelved = () => {
    const room = new MemoRoom(4000)
    return { room, shelf: new MemoShelf(room) }
  }

  it('has no more than it may, and gives up what was not used for longest', () => {
    const { room, shelf } = shelved()
    for (let n = 0; n < 100; n++) {
      shelf.set(hash(`key ${n}`), `key ${n}`, remembered('x'.repeat(n)))
      assert.ok(room.bytes <= 4000)
      shelf.get(hash('key 0'), 'key 0')
    }
    assert.ok(shelf.get(hash('key 0'), 'key 0') !== undefined && shelf.get(hash('key 99'), 'key 99') !== undefined)
    assert.equal(shelf.get(hash('key 1'), 'key 1'), undefined)
  })

  it('never takes one key for another that has the same hash', () => {
    const { shelf } = shelved()
    shelf.set(7, 'first', remembered('x'))
    shelf.set(7, 'second', remembered('y'))
    assert.deepEqual(shelf.get(7, 'first'), remembered('x'))
    assert.equal(shelf.get(7, 'second'), undefined)
  })

  it('counts an answer that comes again once', () => {
    const { room, shelf } = shelved()
    shelf.set(hash('key'), 'key', remembered('x'))
    const { bytes } = room
    shelf.set(hash('key'), 'key', remembered('x'))
    assert.equal(room.bytes, bytes)
  })

  it('takes nothing in that would not fit, and loses nothing by it', () => {
    const { shelf } = shelved()
    shelf.set(hash('small'), 'small', remembered('x'))
    shelf.set(hash('large'), 'large', remembered('x'.repeat(65_536)))
    assert.ok(shelf.get(hash('small'), 'small') !== undefined)
    assert.equal(shelf.get(hash('large'), 'large'), undefined)
  })

  it('is shared by shelves: what one takes in pushes out what was not used on the others', () => {
    const room = new MemoRoom(4000)
    const [one, other] = [new MemoShelf(room), new MemoShelf(room)]
    one.set(hash('mine'), 'mine', remembered('x'))
    other.set(hash('used'), 'used', remembered('y'))
    for (let n = 0; n < 100; n++) {
      one.set(hash(`key ${n}`), `key ${n}`, remembered('x'))
      assert.ok(room.bytes <= 4000)
      assert.ok(other.get(hash('used'), 'used') !== undefined)
    }
    assert.equal(one.get(hash('mine'), 'mine'), undefined)
    one.close()
    other.close()
    assert.equal(room.bytes, 0)
  })

  it('has what it had of a shelf free when that is closed, which takes nothing in any more', () => {
    const room = new MemoRoom(8000)
    const [one, other] = [new MemoShelf(room), new MemoShelf(room)]
    other.set(hash('key'), 'key', remembered('y'))
    const { bytes } = room
    for (let n = 0; n < 15; n++) one.set(hash(`key ${n}`), `key ${n}`, remembered('x'))
    one.close()
    assert.equal(room.bytes, bytes)
    one.set(hash('late'), 'late', remembered('x'))
    assert.equal(room.bytes, bytes)
    assert.equal(one.get(hash('key 14'), 'key 14') ?? one.get(hash('late'), 'late'), undefined)
    assert.ok(other.get(hash('key'), 'key') !== undefined)
  })

  it('keeps to what it may when that becomes less, whatever comes then', () => {
    const room = new MemoRoom(100_000)
    const shelf = new MemoShelf(room)
    for (let n = 0; n < 120; n++) shelf.set(hash(`key ${n}`), `key ${n}`, remembered('x'))
    const allowed = room.bytes + 1
    room.allowed = allowed
    for (let n = 0; n < 120; n++) {
      shelf.set(hash(`other ${n}`), `other ${n}`, remembered('x'))
      assert.ok(room.bytes <= allowed, `${room.bytes} of ${allowed} bytes`)
    }
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Question } from 'router-sdk/sandbox'
import type { Inquiry, Outcome } from '../../src/worker/decide.ts'
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

describe('the room of a tenant', () => {
  const remembered = (close: string) => ({ decision: { kind: 'close', text: close } as const, lookups: {} })
  const shelved = () => {
    const room = new MemoRoom(4000)
    return { room, shelf: new MemoShelf(room) }
  }

  it('has no more than it may, and gives up what was not used for longest', () => {
    const { room, shelf } = shelved()
    for (let n = 0; n < 100; n++) {
      shelf.set(`key ${n}`, remembered('x'.repeat(n)))
      assert.ok(room.bytes <= 4000)
      shelf.get('key 0')
    }
    assert.ok(shelf.get('key 0') !== undefined && shelf.get('key 99') !== undefined)
    assert.equal(shelf.get('key 1'), undefined)
  })

  it('counts an answer that comes again once', () => {
    const { room, shelf } = shelved()
    shelf.set('key', remembered('x'))
    const { bytes } = room
    shelf.set('key', remembered('x'))
    assert.equal(room.bytes, bytes)
  })

  it('takes nothing in that would not fit, and loses nothing by it', () => {
    const { shelf } = shelved()
    shelf.set('small', remembered('x'))
    shelf.set('large', remembered('x'.repeat(65_536)))
    assert.ok(shelf.get('small') !== undefined)
    assert.equal(shelf.get('large'), undefined)
  })

  it('is shared by shelves: what one takes in pushes out what was not used on the others', () => {
    const room = new MemoRoom(4000)
    const [one, other] = [new MemoShelf(room), new MemoShelf(room)]
    one.set('mine', remembered('x'))
    other.set('used', remembered('y'))
    for (let n = 0; n < 100; n++) {
      one.set(`key ${n}`, remembered('x'))
      assert.ok(room.bytes <= 4000)
      assert.ok(other.get('used') !== undefined)
    }
    assert.equal(one.get('mine'), undefined)
    one.close()
    other.close()
    assert.equal(room.bytes, 0)
  })

  it('has what it had of a shelf free when that is closed, which takes nothing in any more', () => {
    const room = new MemoRoom(8000)
    const [one, other] = [new MemoShelf(room), new MemoShelf(room)]
    other.set('key', remembered('y'))
    const { bytes } = room
    for (let n = 0; n < 15; n++) one.set(`key ${n}`, remembered('x'))
    one.close()
    assert.equal(room.bytes, bytes)
    one.set('late', remembered('x'))
    assert.equal(room.bytes, bytes)
    assert.equal(one.get('key 14') ?? one.get('late'), undefined)
    assert.ok(other.get('key') !== undefined)
  })

  it('keeps to what it may when that becomes less, whatever comes then', () => {
    const room = new MemoRoom(100_000)
    const shelf = new MemoShelf(room)
    for (let n = 0; n < 120; n++) shelf.set(`key ${n}`, remembered('x'))
    const allowed = room.bytes + 1
    room.allowed = allowed
    for (let n = 0; n < 120; n++) {
      shelf.set(`other ${n}`, remembered('x'))
      assert.ok(room.bytes <= allowed, `${room.bytes} of ${allowed} bytes`)
    }
  })
})

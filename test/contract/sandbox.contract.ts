import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { LoadFailure, type Reply, type Sandbox } from 'router-sdk/sandbox'
import { answered, ask, bundle, closeText, failed, question, routing, said, version } from '../sandbox/sandboxes.ts'

/** What every `Sandbox` holds to; `create` makes one that is ready, and the contract closes it. */
export function sandboxContract(create: () => Promise<Sandbox>): void {
  describe('loading', () => loadingContract(create))
  describe('asking', () => askingContract(create))
  describe('failing', () => failingContract(create))
  describe('limits of a version', () => limitsContract(create))
  describe('measuring', () => measuringContract(create))
  describe('unloading and closing', () => endingContract(create))
}

const MiB = 1_048_576
/** 40 KB: memory is full before its CPU time is up, and each piece is small. */
const NUMBERS = 'new Array(5_000).fill(0.5)'
let lastId = 0

interface Open {
  sandbox: Sandbox
  load(code: string, router?: string): Promise<number>
}

function opened(create: () => Promise<Sandbox>): Open {
  const missing = (): never => assert.fail('there is no sandbox yet')
  const open: Open = {
    sandbox: { load: missing, unload: missing, ask: missing, measure: missing, close: missing },
    load: missing,
  }
  before(async () => {
    const sandbox = await create()
    open.sandbox = sandbox
    open.load = async (code, router) => {
      const id = ++lastId
      await sandbox.load(version(id, code, router === undefined ? {} : { router }))
      return id
    }
  })
  after(() => open.sandbox.close())
  return open
}

function loadingContract(create: () => Promise<Sandbox>): void {
  const open = opened(create)

  it('describes a router: where it listens, what it answers, what its failure gets', async () => {
    const route = 'route: () => ({ noop: true })'
    const load = (definition: string) => open.sandbox.load(version(++lastId, bundle(definition)))
    assert.deepEqual(await load(`{ ${route} }`), {
      listen: undefined,
      hooks: ['route'],
      failure: { kind: 'close', text: undefined },
      memo: true,
    })
    const hooks = 'onConnect: () => ({ noop: true }), onConnectError() {}, onInactivity() {}'
    const all = await load(`{ ${route}, ${hooks}, listen: 80, failure: { close: 'sorry' } }`)
    assert.deepEqual(all.listen, { port: 80, host: undefined, hosts: undefined })
    assert.deepEqual([...all.hooks].sort(), ['onConnect', 'onConnectError', 'onInactivity', 'route'])
    assert.deepEqual(all.failure, { kind: 'close', text: 'sorry' })
    const there = await load(`{ ${route}, listen: { port: 0, host: '::1' }, failure: { remote: 'spare:9' } }`)
    assert.deepEqual(there.listen, { port: 0, host: '::1', hosts: undefined })
    const named = await load(
      `{ ${route}, listen: { port: 1, hosts: ['Git.Acme.example', '*.bücher.example', 'git.acme.example'] } }`,
    )
    assert.deepEqual(named.listen?.hosts, ['git.acme.example', '*.xn--bcher-kva.example'])
    assert.equal(there.failure.kind, 'forward')
    assert.equal((await load(`{ ${route}, memo: false }`)).memo, false)
  })

  const BAD: readonly (readonly [string, string, RegExp])[] = [
    ['a module that throws', bundle('{}', "throw new RangeError('at load')"), /RangeError: at load/],
    ['a module that loops', bundle('{}', 'for(;;);'), /still loading after \d+ ms/],
    ['a module that eats memory', bundle('{}', `const all=[]; for(;;) all.push(${NUMBERS})`), /memory/],
    ['a syntax error', 'var pointsmanRouter = {', /SyntaxError|Unexpected|missing/],
    ['no default export', 'var pointsmanRouter = {}', /default export/],
    ['a default export that is no object', bundle('7'), /default export/],
    ['no hook at all', bundle('{ listen: 80 }'), /route, or onConnect/],
    ['a hook that is no function', bundle('{ route: 1 }'), /route is not a function/],
    ['a port out of range', bundle('{ route: () => ({}), listen: 70000 }'), /0 to 65535/],
    ['a host that is none', bundle("{ route: () => ({}), listen: { port: 1, host: 'a b' } }"), /a host is/],
    ['an unknown key of listen', bundle('{ route: () => ({}), listen: { port: 1, hots: 1 } }'), /hots/],
    ['hosts that are no list', listeningFor("'a.example'"), /listen\.hosts is a list/],
    ['an empty list of hosts', listeningFor('[]'), /1 to 100 host names/],
    ['too many hosts', listeningFor("Array(101).fill('a.example')"), /101 host names, more than 100/],
    ['a host that is no string', listeningFor('[{ toString: () => 5 }]'), /listen\.hosts has object/],
    ['a hole among hosts', listeningFor("['a.example', , 'b.example']"), /listen\.hosts has undefined/],
    ['a very long host', listeningFor("['a'.repeat(60000)]"), /a host name of 60000 characters/],
    ['a host with a port', listeningFor("['a.example:80']"), /has "a\.example:80"; allowed is a host name/],
    ['every host', listeningFor("['*']"), /has "\*"; .*the router without hosts gets what no other claims/],
    ['a host that forges a line', listeningFor(String.raw`['a\u202e\n']`), /has "a\\u202e\\n"/],
    [
      'onConnect beside hosts',
      bundle("{ onConnect: () => ({ close: true }), listen: { port: 1, hosts: ['a.example'] } }"),
      /onConnect cannot stand beside listen\.hosts/,
    ],
    ['a listen of many characters', bundle("{ route: () => ({}), listen: 'x'.repeat(60000) }"), /listen/],
    ['a memo that is neither true nor false', bundle("{ route: () => ({}), memo: 'no' }"), /memo is true or false/],
    ['a failure that waits', bundle('{ route: () => ({}), failure: { noop: true } }'), /waits/],
    ['a failure that is no answer', bundle('{ route: () => ({}), failure: { remote: 5 } }'), /failure: remote is/],
    ['a getter that throws', bundle("{ get route() { throw new Error('got') } }"), /Error: got/],
    ['a getter that loops', bundle('{ route: () => ({}), get listen() { for(;;); } }'), /still loading/],
    ['a first answer that is none', bundle("{ route: () => 'no' }"), /first question \(route, no bytes\)/],
    ['a first answer that throws', bundle("{ onConnect() { throw new Error('first') } }"), /onConnect.*Error: first/],
    ['a first answer that loops', bundle('{ route() { for(;;); } }'), /first question.*no answer after/],
  ]
  for (const [what, code, message] of BAD)
    it(`refuses ${what}, and serves the others`, async () => {
      const good = await open.load(routing("return { close: 'good' }"))
      const id = ++lastId
      await assert.rejects(open.sandbox.load(version(id, code, { router: `bad${id}` })), (error) => {
        assert.ok(error instanceof LoadFailure, String(error))
        assert.match(error.message, message)
        return true
      })
      assert.equal(failed(await ask(open.sandbox, id)).failure, 'unavailable')
      assert.equal(await said(open.sandbox, good), 'good')
    })

  it('says where in the bundle it threw', async () => {
    const code = bundle('{}', "\n\n  throw new Error('third line')")
    await assert.rejects(open.sandbox.load(version(++lastId, code)), (error) => {
      assert.ok(error instanceof LoadFailure)
      assert.deepEqual(error.position, { line: 3, column: 9 })
      return true
    })
  })
}

function askingContract(create: () => Promise<Sandbox>): void {
  const open = opened(create)

  it('tells the router every fact, and nothing else', async () => {
    const id = await open.load(bundle('{ route: (conn) => ({ close: JSON.stringify(conn) }) }'))
    const text = await said(open.sandbox, id, question('a\u00ff', { final: true }))
    const { bytes, ...rest }: Record<string, unknown> = JSON.parse(text)
    assert.deepEqual(bytes, { 0: 97, 1: 255 })
    assert.deepEqual(rest, {
      text: 'a\u00ff',
      final: true,
      client: { address: '192.0.2.7', port: 4000 },
      local: { address: '192.0.2.8', port: 80 },
      listener: '0.0.0.0:80',
      now: 1_700_000_000_000,
    })
  })

  it('hands the event to the other hooks', async () => {
    const hooks = 'onConnectError: (conn, e) => ({ close: e.code }), onInactivity: (conn, e) => ({ close: e.remote })'
    const id = await open.load(bundle(`{ route: () => ({ noop: true }), ${hooks} }`))
    const asked = (hook: 'onConnectError' | 'onInactivity', event: Record<string, unknown>) =>
      said(open.sandbox, id, question('', { event }, hook))
    assert.equal(await asked('onConnectError', { code: 'refused' }), 'refused')
    assert.equal(await asked('onInactivity', { remote: 'a:1' }), 'a:1')
    assert.equal(failed(await ask(open.sandbox, id, question('', {}, 'onConnect'))).failure, 'bad-answer')
  })

  it('answers questions of several versions, each once and in order', async () => {
    const ids = await Promise.all(
      ['a', 'b', 'c'].map((name) => open.load(routing(`return { close: '${name}' + conn.text }`))),
    )
    const order: number[] = []
    const texts = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const text = await said(open.sandbox, ids[n % 3] ?? 0, question(`${n}`))
        order.push(n)
        return text
      }),
    )
    for (const [n, text] of texts.entries()) assert.equal(text, `${'abc'[n % 3]}${n}`)
    assert.deepEqual(
      order,
      [...order].sort((one, other) => one - other),
    )
  })

  it('suspends a decision for a look-up and takes it up again with the value', async () => {
    const id = await open.load(
      routing(
        "const a = conn.lookup('t', conn.text), b = conn.lookup('u', a ?? 'none'); return { close: a + '/' + b }",
      ),
    )
    const first = await ask(open.sandbox, id, question('k'))
    assert.deepEqual(wanted(first), ['t', 'k'])
    const second = await ask(open.sandbox, id, question('k', { lookups: { t: { k: null } } }))
    assert.deepEqual(wanted(second), ['u', 'none'])
    assert.equal(
      await said(open.sandbox, id, question('k', { lookups: { t: { k: null }, u: { none: 'v' } } })),
      'undefined/v',
    )
  })

  it('suspends a decision even when the router catches what unwinds it', async () => {
    const lookup = "conn.lookup('table', 'key')"
    for (const body of [
      `try { ${lookup} } catch { } return { close: 'caught' }`,
      `try { ${lookup} } catch (e) { try { e.table = e.message = 'x'.repeat(2e6); e.toJSON = () => 0 } catch {} throw e }`,
      `try { ${lookup} } catch { throw new Error('another') }`,
      `return { get close() { try { ${lookup} } catch { return 'caught' } } }`,
    ]) {
      const reply = await ask(open.sandbox, await open.load(routing(body)))
      assert.deepEqual(wanted(reply), ['table', 'key'], body)
    }
  })

  it('takes keys and tables named like properties of objects for what they are', async () => {
    const id = await open.load(routing("return { close: String(conn.lookup('__proto__', 'constructor')) }"))
    const first = await ask(open.sandbox, id)
    assert.deepEqual(wanted(first), ['__proto__', 'constructor'])
    const lookups: Record<string, Record<string, string>> = JSON.parse('{"__proto__":{"constructor":"v"}}')
    assert.equal(await said(open.sandbox, id, question('x', { lookups })), 'v')
  })

  it('passes on what the router logs, bounded and without control characters', async () => {
    const id = await open.load(
      routing(
        "conn.log('a', 1, { b: [2] }, null); conn.log('\\n\\u001b[31m' + 'x'.repeat(1e5)); return { close: true }",
      ),
    )
    const { log } = answered(await ask(open.sandbox, id))
    assert.equal(log[0], 'a 1 {"b":[2]} null')
    const [, line = ''] = log
    assert.ok(line.startsWith('\\u000a\\u001b[31mxxx') && line.length < 250, line)
    const flood = await open.load(routing("for (let i = 0; i < 1000; i++) conn.log('line', i); return { close: true }"))
    const { log: lines } = answered(await ask(open.sandbox, flood))
    assert.deepEqual([lines.length, lines[8]], [9, 'further lines of this decision were dropped'])
  })

  it('measures the CPU time of a decision', async () => {
    const id = await open.load(routing('for (let i = 0; i < 1e6; i++); return { close: true }'))
    const { cpu } = await ask(open.sandbox, id)
    assert.ok(cpu > 50 && cpu < 1e6, `${cpu} µs`)
  })

  it('gives the same time throughout a decision, and no chance', async () => {
    const id = await open.load(routing('return { close: [Date.now(), +new Date(), conn.now].join() }'))
    assert.equal(await said(open.sandbox, id), '1700000000000,1700000000000,1700000000000')
    const random = await open.load(routing('return { close: String(Math.random()) }'))
    assert.match(failed(await ask(open.sandbox, random)).message, /Math.random/)
  })
}

function wanted(reply: Reply): [string, string] {
  assert.ok(reply.kind === 'lookup', JSON.stringify(reply))
  return [reply.table, reply.key]
}

function failingContract(create: () => Promise<Sandbox>): void {
  const open = opened(create)
  const CASES: readonly (readonly [string, string, string, RegExp])[] = [
    ['throws', "throw new TypeError('bad\\nluck')", 'threw', /^TypeError: bad\\u000aluck$/],
    ['throws a string', "throw 'text'", 'threw', /threw text/],
    ['runs out of time', 'for(;;);', 'timeout', /no answer after 100 ms of CPU time/],
    ['answers nothing', '', 'bad-answer', /undefined/],
    ['answers a string', "return 'a:1'", 'bad-answer', /string/],
    ['answers an unknown key', "return { remote: 'a:1', prot: 2 }", 'bad-answer', /prot/],
    ['answers two things', "return { remote: 'a:1', close: true }", 'bad-answer', /close/],
    ['names no port', "return { remote: 'localhost' }", 'bad-answer', /not host:port/],
  ]
  for (const [what, body, kind, message] of CASES)
    it(`says ${kind} for a router that ${what}, and asks the next one`, async () => {
      const id = await open.load(routing(body))
      const good = await open.load(routing("return { close: 'good' }"))
      const [reply, next] = await Promise.all([ask(open.sandbox, id), ask(open.sandbox, good)])
      const failure = failed(reply)
      assert.deepEqual([failure.failure, message.test(failure.message)], [kind, true], failure.message)
      assert.equal(closeText(next), 'good')
    })

  it('says where in the bundle it threw', async () => {
    const id = await open.load(routing("\n\n\nthrow new Error('here')"))
    assert.deepEqual(failed(await ask(open.sandbox, id)).position, { line: 5, column: 7 })
  })

  it('says memory for a router that keeps a little of every question, and gives it a fresh isolate', async () => {
    // So little at a time that it is never taken for one that is slow, and asked in another host.
    const body = `kept.push(${NUMBERS}); return { close: String(kept.length) }`
    const id = await open.load(routing(body, 'const kept = []'))
    let asked = 0
    let reply = await ask(open.sandbox, id)
    while (reply.kind === 'answered' && ++asked < 4000) reply = await ask(open.sandbox, id)
    assert.equal(failed(reply).failure, 'memory', `after ${asked} questions`)
    assert.equal(await said(open.sandbox, id), '1')
  })

  it('asks a router again that failed', async () => {
    const id = await open.load(routing("if (conn.text === 'loop') for(;;); return { close: 'well' }"))
    assert.equal(failed(await ask(open.sandbox, id, question('loop'))).failure, 'timeout')
    assert.equal(await said(open.sandbox, id), 'well')
  })
}

function limitsContract(create: () => Promise<Sandbox>): void {
  const open = opened(create)
  const load = async (code: string, more: Parameters<typeof version>[2]): Promise<number> => {
    const id = ++lastId
    await open.sandbox.load(version(id, code, more))
    return id
  }

  it('holds each version to its own: CPU time, memory, time to load', async () => {
    const loop = routing('for (;;);')
    const [short, long] = [
      await load(loop, { limits: { decisionTime: 50 } }),
      await load(loop, { limits: { decisionTime: 250 } }),
    ]
    assert.match(failed(await ask(open.sandbox, short)).message, /after 50 ms/)
    assert.match(failed(await ask(open.sandbox, long)).message, /after 250 ms/)
    const eat = routing(
      'const all = Array.from({ length: 3e6 }, (_, n) => n + 0.5); return { close: String(all.length) }',
    )
    const limits = { decisionTime: 500 }
    const [small, large] = [
      await load(eat, { limits: { ...limits, isolateMemory: 16 * MiB } }),
      await load(eat, { limits: { ...limits, isolateMemory: 128 * MiB } }),
    ]
    assert.equal(failed(await ask(open.sandbox, small)).failure, 'memory')
    assert.equal(await said(open.sandbox, large), '3000000')
    const slow = bundle('{ route: () => ({ noop: true }) }', 'for (;;);')
    await assert.rejects(load(slow, { limits: { loadTime: 60 } }), /still loading after 60 ms/)
  })

  it('fails what a tenant asks beyond its decisions in flight, and nothing of another tenant', async () => {
    const code = routing("return { close: 'answered' }")
    const busy = { tenant: 'busy', limits: { decisionsInFlight: 4 } }
    const [one, two] = [await load(code, busy), await load(code, busy)]
    const other = await load(code, { tenant: 'other', limits: { decisionsInFlight: 1 } })
    const replies = await Promise.all([one, two, one, two, one, two, other].map((id) => ask(open.sandbox, id)))
    assert.deepEqual(
      replies.map((reply) => (reply.kind === 'failed' ? reply.failure : reply.kind)),
      ['answered', 'answered', 'answered', 'answered', 'over-limit', 'over-limit', 'answered'],
    )
    const [, , , , over] = replies
    assert.match(over?.kind === 'failed' ? over.message : '', /4 decisions in flight; decisionsInFlight allows 4/)
    assert.equal(await said(open.sandbox, one), 'answered', 'they are counted out again')
  })
}

function measuringContract(create: () => Promise<Sandbox>): void {
  const open = opened(create)
  /** What it holds more after 100 questions, and of how many of them by its own count: an isolate may be replaced meanwhile. */
  const grown = async (id: number): Promise<{ held: number; questions: number }> => {
    const before = (await open.sandbox.measure(id)) ?? Number.NaN
    let count = ''
    for (let asked = 0; asked < 100; asked++) count = await said(open.sandbox, id)
    return { held: ((await open.sandbox.measure(id)) ?? Number.NaN) - before, questions: Number(count) }
  }

  it('says how much more a version holds, and not what is garbage', async () => {
    const made = 'const made = Array.from({ length: 1000 }, (_, n) => n + 0.5);'
    const counting = 'return { close: String(kept.length) }'
    const keeps = await open.load(routing(`${made} kept.push(made); ${counting}`, 'const kept = []'))
    const buffers = await open.load(routing(`kept.push(new Uint8Array(8000)); ${counting}`, 'const kept = []'))
    const drops = await open.load(routing(`${made} return { close: String(made.length) }`))
    for (const id of [keeps, buffers]) {
      const { held, questions } = await grown(id)
      const each = held / questions
      assert.ok(each > 8000 && each < 10_000, `${held} bytes of ${questions} questions`)
    }
    const { held } = await grown(drops)
    assert.ok(Math.abs(held) < 100_000, `${held} bytes`)
  })

  it('leaves the router nothing to collect garbage with', async () => {
    const id = await open.load(routing("return { close: typeof gc + ' ' + typeof globalThis.gc }"))
    await open.sandbox.measure(id)
    assert.equal(await said(open.sandbox, id), 'undefined undefined')
  })

  it('says nothing of a version that it does not have', async () => {
    const id = await open.load(routing("return { close: 'x' }"))
    assert.ok(((await open.sandbox.measure(id)) ?? 0) > 0)
    open.sandbox.unload(id)
    assert.equal(await open.sandbox.measure(id), undefined)
    assert.equal(await open.sandbox.measure(4_000_001), undefined)
  })
}

function endingContract(create: () => Promise<Sandbox>): void {
  it('forgets a version once what it was asked has been answered', async () => {
    const sandbox = await create()
    const id = ++lastId
    await sandbox.load(version(id, routing("return { close: 'still' }")))
    const asked = Array.from({ length: 20 }, () => said(sandbox, id))
    sandbox.unload(id)
    assert.deepEqual(await Promise.all(asked), Array(20).fill('still'))
    assert.equal(failed(await ask(sandbox, id)).failure, 'unavailable')
    sandbox.unload(id)
    await sandbox.close()
  })

  it('answers everything when it is closed, and afterwards', async () => {
    const sandbox = await create()
    const id = ++lastId
    await sandbox.load(version(id, routing("return { close: 'x' }")))
    const asked = Array.from({ length: 20 }, () => ask(sandbox, id))
    const closed = sandbox.close()
    for (const reply of await Promise.all(asked))
      if (reply.kind === 'failed') assert.match(reply.failure, /^(killed|unavailable)$/)
    await closed
    assert.equal(failed(await ask(sandbox, id)).failure, 'unavailable')
  })

  it('answers failed for a version that it never had', async () => {
    const sandbox = await create()
    assert.equal(failed(await ask(sandbox, 4_000_000)).failure, 'unavailable')
    sandbox.unload(4_000_000)
    await sandbox.close()
  })
}

function listeningFor(hosts: string): string {
  return bundle(`{ route: () => ({ noop: true }), listen: { port: 1, hosts: ${hosts} } }`)
}

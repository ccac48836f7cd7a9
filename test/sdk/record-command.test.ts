import assert from 'node:assert/strict'
import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseRecordLine, RECORD_HEADER, type RecordedConnection } from '../../sdk/src/record.ts'
import { Client } from '../kit/sockets.ts'
import { within } from '../kit/wait.ts'
import { Project, type Running, router } from './project.ts'

const LINES = router(`if (!conn.text.includes('\\n') && !conn.final) return { noop: true, atLeast: 3 }
    if (conn.text.startsWith('!')) throw new Error('oops')
    const home = conn.lookup('homes', conn.text.split('\\n')[0] ?? '')
    return home ? { remote: home } : { close: conn.client.address }`)
const HOMES = '{"a":"10.0.0.5:80"}'

/** Everything that a project's record has. */
function recorded(project: Project, name = 'r.jsonl'): RecordedConnection[] {
  const lines = project.read(name).split('\n')
  assert.equal(lines.pop(), '')
  return lines.flatMap((line, index) => parseRecordLine(line, index === 0) ?? [])
}

describe('router-sdk record', () => {
  it('makes a record for its owner alone, adds to it, and replay reads it', async () => {
    using project = new Project({ 'git.ts': LINES, 'git.homes.json': HOMES })
    const first = await project.run(['record', 'r.jsonl', 'git.ts', '--text', 'a\\n', '--from', '192.0.2.9'])
    assert.match(
      first.stdout,
      /^✔ routes to 10\.0\.0\.5:80\n {2}route, 2 bytes: recorded in r\.jsonl as [0-9a-f]{12}\n$/,
    )
    assert.equal(first.code, 0)
    assert.equal(statSync(join(project.folder, 'r.jsonl')).mode & 0o777, 0o600)
    const before = project.read('r.jsonl')
    await project.run(['record', 'r.jsonl', 'git.ts', '--hex', '62', '--router', 'acme/git'])
    await project.run(['record', 'r.jsonl', 'git.ts', '-', '--final'], { input: 'zz' })
    assert.ok(project.read('r.jsonl').startsWith(before))
    const [a, b, c] = recorded(project)
    assert.deepEqual({ ...a?.questions[0]?.lookups.homes }, { a: '10.0.0.5:80' })
    assert.deepEqual([a?.client.address, a?.router, b?.router], ['192.0.2.9', 'git', 'acme/git'])
    assert.deepEqual([b?.questions[0]?.decision, c?.questions[0]?.final], [{ kind: 'wait', atLeast: 3 }, true])
    const replayed = await project.run(['replay', 'r.jsonl', 'git.ts'])
    assert.equal(replayed.stdout, '2 connections asked again, 0 would go elsewhere; not asked about: 1 of acme/git\n')
  })

  it('records other hooks with what they were told', async () => {
    using project = new Project({
      'git.ts': router(
        'return { noop: true }',
        "onConnectError: (conn, error) => ({ remote: 'b:1', data: error.code }),",
      ),
    })
    const { code } = await project.run(['record', 'r.jsonl', 'git.ts', '--hook', 'onConnectError'])
    assert.equal(code, 0)
    assert.equal(recorded(project)[0]?.questions[0]?.event?.code, 'refused')
    project.write('git.ts', router('return { noop: true }'))
    const { stdout } = await project.run(['replay', 'r.jsonl', 'git.ts'])
    assert.match(
      stdout,
      /, asked onConnectError\n {4}then {2}routes to b:1, which is sent 'refused'\n {4}now {3}closes\n/,
    )
  })

  it('writes into no file of something else, and behind no line that is not whole', async () => {
    using project = new Project({ 'git.ts': LINES, 'git.homes.json': HOMES })
    await project.run(['record', 'r.jsonl', 'git.ts', '--text', 'a\\n'])
    const good = project.read('r.jsonl')
    const wrong: [string, RegExp][] = [
      ['my notes\n', /r\.jsonl is no record, and is left as it is: it is not JSON/],
      ['{"pointsmanRecord":1}\n', /is no record, and is left as it is: the first line is/],
      [good.slice(0, -30), /the last line of r\.jsonl is not whole/],
    ]
    for (const [text, message] of wrong) {
      project.write('r.jsonl', text)
      const { code, stderr } = await project.run(['record', 'r.jsonl', 'git.ts', '--text', 'a\\n'])
      assert.match(stderr, message)
      assert.deepEqual([code, project.read('r.jsonl')], [2, text])
    }
    for (const text of ['', RECORD_HEADER, good.trimEnd()]) {
      project.write('r.jsonl', text)
      const { code, stderr } = await project.run(['record', 'r.jsonl', 'git.ts', '--text', 'a\\n'])
      assert.equal(code, 0, stderr)
      assert.equal(recorded(project).length, text.length > 100 ? 2 : 1)
    }
    const folder = await project.run(['record', '.', 'git.ts', '--text', 'a\\n'])
    assert.match(folder.stderr, /the record \. cannot be written: EISDIR/)
    const device = await project.run(['record', '/dev/null', 'git.ts', '--text', 'a\\n'])
    assert.match(device.stderr, /\/dev\/null is no file/)
    assert.deepEqual([folder.code, device.code], [2, 2])
  })

  it('leaves out what makes the router fail, and a router that does not compile', async () => {
    using project = new Project({ 'git.ts': LINES, 'bad.ts': router('return { remote: 5 }') })
    const threw = await project.run(['record', 'r.jsonl', 'git.ts', '--text', '!\\n'])
    assert.match(
      threw.stdout,
      /^✖ fails \(threw\) at git\.ts:7:\d+: Error: oops\n[\s\S]*> 7 \|[\s\S]*: not recorded\n$/,
    )
    assert.deepEqual([threw.code, recorded(project)], [1, []])
    const refused = await project.run(['record', 'b.jsonl', 'bad.ts', '--text', 'x'])
    assert.deepEqual([refused.code, project.files().includes('b.jsonl')], [1, false])
  })

  it('says what is wrong with how it was asked', async () => {
    using project = new Project({ 'a.ts': router('return { noop: true }') })
    const wrong: [string[], RegExp][] = [
      [[], /give the bytes with --text/],
      [['--text', 'a', '--count', '2'], /--count belongs to --listen/],
      [['--listen', '0', '--text', 'a'], /the bytes come from clients/],
      [['--listen', '0', '--final'], /leave out --final and --hook/],
      [['--listen', '65536'], /It is a port, 0 to 65535/],
      [['--listen', '0', '--count', '0'], /It is a number of connections, 1 or more/],
      [['--text', 'a', '--router', 'a/b/c'], /It is a router's name/],
      [['--lisen', '0'], /Did you mean --listen\?/],
    ]
    for (const [words, message] of wrong) {
      const { code, stderr } = await project.run(['record', 'r.jsonl', 'a.ts', ...words])
      assert.match(stderr, message)
      assert.deepEqual([code, project.files()], [2, ['a.ts']], stderr)
    }
  })
})

describe('router-sdk record --listen', () => {
  it('asks about real connections as their bytes come, says nothing to them, and ends after as many as it was told', async () => {
    using project = new Project({ 'git.ts': LINES, 'git.homes.json': HOMES })
    const running = project.start(['record', 'r.jsonl', 'git.ts', '--listen', '0', '--count', '3'])
    const port = await listening(running)
    const pieces = await Client.connect(port)
    await pieces.dribble('a')
    await pieces.dribble('\nmore')
    assert.equal(await pieces.rest(), '')
    const ended = await Client.connect(port)
    assert.equal(await ended.write('b').end().rest(), '')
    const failing = await Client.connect(port)
    assert.equal(await failing.write('!\n').rest(), '')
    assert.equal(await running.exited(), 1, running.stdout)
    for (const client of [pieces, ended, failing]) client.destroy()
    assert.match(running.stdout, /2 connections recorded, 1 not\n$/)
    const connections = recorded(project)
    const byClient = (client: Client) => connections.find((each) => each.client.port === client.port)
    assert.equal(byClient(pieces)?.questions.at(-1)?.decision.kind, 'forward')
    const last = byClient(ended)?.questions.at(-1)
    assert.deepEqual([last?.final, byClient(ended)?.bytes, last?.decision.kind], [true, Buffer.from('b'), 'close'])
    const replayed = await project.run(['replay', 'r.jsonl', 'git.ts'])
    assert.match(replayed.stdout, /^2 connections asked again, 0 would go elsewhere\n$/)
  })

  it('asks a router that speaks first before any byte, and reads no more than the proxy would', async () => {
    using project = new Project({
      'first.ts': router('return conn.final ? { close: true } : { noop: true }', 'onConnect: () => ({ noop: true }),'),
    })
    const running = project.start([
      'record',
      'r.jsonl',
      'first.ts',
      '--listen',
      '0',
      '--count',
      '1',
      '--from',
      '192.0.2.9',
    ])
    const client = await Client.connect(await listening(running))
    client.write('x'.repeat(100_000))
    assert.equal(await client.rest(), '')
    client.destroy()
    assert.equal(await running.exited(), 0, running.stdout)
    const [{ bytes, questions, client: from } = assert.fail()] = recorded(project)
    const last = questions.at(-1)
    assert.deepEqual([questions[0]?.hook, last?.hook, last?.final], ['onConnect', 'route', true])
    assert.deepEqual([bytes, from.address], [Buffer.alloc(32_768, 'x'), '192.0.2.9'])
  })

  it('ends well when it is interrupted, and keeps what it has', async () => {
    using project = new Project({ 'git.ts': LINES, 'git.homes.json': HOMES })
    const running = project.start(['record', 'r.jsonl', 'git.ts', '--listen', '0'])
    const port = await listening(running)
    const [done, waiting] = [await Client.connect(port), await Client.connect(port)]
    assert.equal(await done.write('a\n').rest(), '')
    await running.prints(/recorded in/)
    running.child.kill('SIGINT')
    assert.equal(await running.exited(), 0, running.stderr)
    await within(
      'the end of a connection that was waiting',
      waiting.rest().catch(() => ''),
    )
    for (const client of [done, waiting]) client.destroy()
    assert.equal(recorded(project).length, 1)
  })

  it('says that a port is taken, and that a record can no longer be written', async () => {
    using project = new Project({ 'git.ts': LINES, 'git.homes.json': HOMES })
    const running = project.start(['record', 'r.jsonl', 'git.ts', '--listen', '0'])
    const port = await listening(running)
    const second = await project.run(['record', 'r.jsonl', 'git.ts', '--listen', String(port)])
    assert.match(second.stderr, /^router-sdk: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/)
    assert.equal(second.code, 2)
    running.child.kill('SIGTERM')
    assert.equal(await running.exited(), 0)
    if (process.getuid?.() === 0) return
    chmodSync(join(project.folder, 'r.jsonl'), 0o400)
    const { code, stderr } = await project.run(['record', 'r.jsonl', 'git.ts', '--text', 'a\\n'])
    assert.deepEqual([code, /cannot be written: EACCES/.test(stderr)], [2, true])
  })
})

async function listening(running: Running): Promise<number> {
  await running.prints(/listening on 127\.0\.0\.1:\d+/)
  return Number(/127\.0\.0\.1:(\d+)/.exec(running.stdout)?.[1])
}

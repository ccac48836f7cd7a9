import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAnswer } from '../../sdk/src/decision.ts'
import { RECORD_HEADER, type RecordedQuestion, Tape } from '../../sdk/src/record.ts'
import { Project, router } from './project.ts'

const NAME = router(`if (conn.bytes.length < 2) return { noop: true }
    const home = conn.lookup('homes', conn.text.slice(0, 2))
    return home ? { remote: home } : { close: 'unknown' }`)

interface Asked extends Omit<RecordedQuestion, 'length'> {
  readonly bytes: string
}

function question(bytes: string, answer: object, more: Partial<Asked> = {}): Asked {
  return { hook: 'route', bytes, final: false, now: 1, lookups: {}, decision: parseAnswer(answer), ...more }
}

/** `keep`: how many of the connection's bytes are kept. */
function line(id: string, questions: Asked[], name = 'git', keep?: number): string {
  const client = { address: '192.0.2.7', port: 1 }
  const local = { address: '192.0.2.2', port: 80 }
  const tape = new Tape(keep)
  for (const { bytes, ...asked } of questions) tape.add(asked, Buffer.from(bytes, 'latin1'))
  return tape.line({
    id,
    time: '2026-01-02T03:04:05.000Z',
    router: name,
    client,
    local,
    listener: '0.0.0.0:80',
  })
}

const KNOWN = line('c1', [
  question('a', { noop: true }),
  question('ab', { remote: '10.0.0.5:80' }, { lookups: { homes: { ab: '10.0.0.5:80' } } }),
])
const UNKNOWN = line('c2', [question('xy', { close: 'unknown' }, { lookups: { homes: { xy: null } } })])
const REDACTED = line('c3', [question('xy', { close: 'unknown' })], 'git', 1)
const MANY = line('c4', [
  ...Array.from({ length: 20 }, () => question('a', { noop: true }, { lookups: { homes: { a: 'b'.repeat(10_000) } } })),
  question('xy', { close: 'unknown' }, { lookups: { homes: { xy: null } } }),
])

describe('router-sdk replay', () => {
  it('finds nothing when every connection would go where it went', async () => {
    using project = new Project({
      'git.ts': NAME,
      'r.jsonl': [RECORD_HEADER, KNOWN, UNKNOWN, REDACTED, MANY, ''].join('\n'),
    })
    const { code, stdout, stderr } = await project.run(['replay', 'r.jsonl', 'git.ts'])
    assert.equal(
      stdout,
      '3 connections asked again, 0 would go elsewhere; 1 of whose bytes too few were kept could not be judged; 1 had too many questions to keep: not all were asked again\n',
      stderr,
    )
    assert.equal(code, 0)
  })

  it('lists every connection that would go elsewhere, then and now', async () => {
    using project = new Project({
      'git.ts': router("return conn.text.startsWith('x') ? { remote: 'b:1' } : { close: 'gone' }"),
      'r.jsonl': [RECORD_HEADER, KNOWN, UNKNOWN].join('\n'),
    })
    const { code, stdout } = await project.run(['replay', 'r.jsonl', 'git.ts'])
    assert.equal(code, 1)
    assert.match(
      stdout,
      /✖ c1 {2}2026-01-02T03:04:05\.000Z {2}192\.0\.2\.7:1\n {4}then {2}routes to 10\.0\.0\.5:80, which is sent 'ab'\n {4}now {3}closes with 'gone'\n/,
    )
    assert.match(stdout, /✖ c2 .*\n {4}then {2}closes with 'unknown'\n {4}now {3}routes to b:1/)
    assert.match(stdout, /2 connections asked again, 2 would go elsewhere\n$/)
  })

  it('says what is wrong with a record, and at which line; a last line that is not whole is left out', async () => {
    using project = new Project({
      'git.ts': NAME,
      'cut.jsonl': [RECORD_HEADER, KNOWN, UNKNOWN.slice(0, 40)].join('\n'),
    })
    const cut = await project.run(['replay', 'cut.jsonl', 'git.ts'])
    assert.equal(cut.code, 0, cut.stderr)
    assert.match(cut.stdout, /1 connections asked again, .*; the last line of the record is not whole/)
    const wrong: [string, RegExp][] = [
      ['', /is empty/],
      ['{}\n', /line 1: the first line is \{"pointsmanRecord":2\}; found "\{\}"/],
      [`${RECORD_HEADER}\nnonsense\n${KNOWN}\n`, /line 2: it is not JSON/],
      [
        `${RECORD_HEADER}\n${line('c', [question('a', { close: true })], 'web')}\n`,
        /no connection of the router git: it has 1 of web\n/,
      ],
    ]
    for (const [text, message] of wrong) {
      project.write('r.jsonl', text)
      const { code, stderr } = await project.run(['replay', 'r.jsonl', 'git.ts'])
      assert.equal(code, 2)
      assert.match(stderr, message)
    }
  })

  it('asks again what followed from a decision, with what was told then, as long as all is as it was', async () => {
    const sent = question('ab', { remote: 'a:1' })
    const refused = { code: 'refused', remote: 'a:1', attempts: 11, tried: ['a:1'], message: 'ECONNREFUSED' }
    const second = question('ab', { remote: 'b:1' }, { hook: 'onConnectError', event: refused })
    const silent = question(
      'ab',
      { close: 'bye 1000' },
      { hook: 'onInactivity', event: { remote: 'b:1', elapsed: 1000 } },
    )
    using project = new Project({
      'r.jsonl': [
        RECORD_HEADER,
        line('c1', [sent, second, silent]),
        line('c2', [question('xy', { close: true })]),
        line('c3', [sent, { ...second, bytes: 'abc' }], 'git', 2),
        '',
      ].join('\n'),
    })
    const written = async (first: string, hooks: string): Promise<[number | null, string]> => {
      project.write('git.ts', router(`return conn.text === 'ab' ? { remote: '${first}' } : { close: true }`, hooks))
      const { code, stdout } = await project.run(['replay', 'r.jsonl', 'git.ts'])
      return [code, stdout]
    }
    const again = "onConnectError: (conn, error) => error.attempts === 11 ? { remote: 'b:1' } : { close: true },"
    const bye = "onInactivity: (conn, { elapsed }) => ({ close: 'bye ' + elapsed }),"
    const asked = '2 connections asked again'
    const left = '1 of whose bytes too few were kept could not be judged'
    assert.deepEqual(await written('a:1', again + bye), [0, `${asked}, 0 would go elsewhere; ${left}\n`])
    const [code, elsewhere] = await written('a:1', again)
    assert.equal(code, 1)
    assert.match(elsewhere, /^✖ c1 .*, asked onInactivity\n {4}then {2}closes with 'bye 1000'\n {4}now {3}closes\n/)
    const [, third] = await written('a:1', "onConnectError: () => ({ remote: 'c:1' }),")
    assert.match(third, /^✖ c1 .*, asked onConnectError\n {4}then {2}routes to b:1, .*\n {4}now {3}routes to c:1, /)
    const [, first] = await written('z:1', again + bye)
    assert.match(first, /^✖ c1 {2}\S+ {2}\S+:1\n {4}then {2}routes to a:1, .*\n {4}now {3}routes to z:1, [^✖]*✖ c3 /)
  })

  it("takes a tenant's connections for those of a router in a folder of the tenant's name, or when it is told to", async () => {
    const answer = question('ab', { remote: 'a:1' })
    const names = ['git', 'acme/git', 'acme/git', 'beta/git', 'web']
    const record = [RECORD_HEADER, ...names.map((name, index) => line(`c${index}`, [answer], name))].join('\n')
    const good = router("return { remote: 'a:1' }")
    using project = new Project({ 'git.ts': good, 'acme/git.ts': good, 'other/cvs.ts': good, 'r.jsonl': record })
    const told = async (...words: string[]): Promise<string> => {
      const { stdout, stderr } = await project.run(['replay', 'r.jsonl', ...words])
      return stdout + stderr
    }
    const asked = (count: number, others: string): string =>
      `${count} connections asked again, 0 would go elsewhere; not asked about: ${others}\n`
    assert.equal(await told('git.ts'), asked(1, '2 of acme/git, 1 of beta/git, 1 of web'))
    assert.equal(await told('acme/git.ts'), asked(2, '1 of git, 1 of beta/git, 1 of web'))
    assert.equal(await told('git.ts', '--router', 'beta/git'), asked(1, '1 of git, 2 of acme/git, 1 of web'))
    assert.match(
      await told('git.ts', '--router', 'gamma/git'),
      /no connection of the router gamma\/git: .*--router git asks/,
    )
    assert.match(
      await told('other/cvs.ts'),
      /no connection of the router cvs: it has 1 of git, 2 of acme\/git, [^;]*\n$/,
    )
  })

  it('finds nothing in a record whose bytes were all left out, and says so', async () => {
    using project = new Project({ 'git.ts': NAME, 'r.jsonl': [RECORD_HEADER, REDACTED, ''].join('\n') })
    const { code, stdout } = await project.run(['replay', 'r.jsonl', 'git.ts'])
    const asked =
      '0 connections asked again, 0 would go elsewhere; 1 of whose bytes too few were kept could not be judged\n'
    assert.deepEqual([code, stdout], [0, asked])
  })

  it('is what bench asks, when it is told to', async () => {
    using project = new Project({ 'git.ts': NAME, 'r.jsonl': [RECORD_HEADER, KNOWN, UNKNOWN].join('\n') })
    const { code, stdout } = await project.run(['bench', 'git.ts', '--record', 'r.jsonl', '--seconds', '0.3'])
    assert.equal(code, 0)
    assert.match(
      stdout,
      /^git: [\d,]+ decisions a second, one host, [\d,]+ in 0\.\d s\n {2}asked {3}3 different questions: r\.jsonl\n {2}CPU {5}p50 /,
    )
  })

  it('bench asks what the tests give, and does not take a time that is none', async () => {
    using project = new Project()
    await project.run(['new', 'git', '--protocol', 'git'])
    const { stdout } = await project.run(['bench', 'git.ts', '--seconds', '0.2'])
    assert.match(stdout, /asked {3}5 different questions: the connections of its tests\n[\s\S]* {2}failed {2}0\n/)
    const wrong = await project.run(['bench', 'git.ts', '--seconds', 'x'])
    assert.deepEqual([wrong.code, /from 0\.1 to 600/.test(wrong.stderr)], [2, true])
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { ConfigError } from '../../src/config/config-error.ts'
import { parseSettings } from '../../src/config/problems.ts'
import { Reach, type Refusal } from '../../src/tenants/reach.ts'
import { Seldom } from '../../src/tenants/seldom.ts'
import type { ConnectTarget } from '../../src/transport/transport.ts'

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'pointsman-reach-')))
after(() => rmSync(scratch, { recursive: true }))

interface Setup {
  reach?: string[]
  listeners?: { host: string; port: number }[]
  interfaces?: () => string[]
  control?: string
}

/** What `acme` may reach; the answer is what stands against it, `absent`, or where the connection would lead. */
function reachOf({ reach = [], listeners = [], interfaces = () => [], control }: Setup = {}) {
  const refusals: Refusal[] = []
  let now = 0
  let settings = parseSettings(
    { tenants: { named: { acme: { reach } } }, ...(control && { control: { socket: control } }) },
    'f',
  )
  const judges = new Reach({
    settings: () => settings,
    listeners: () => listeners,
    interfaces,
    now: () => now,
    refused: (refusal) => refusals.push(refusal),
  })
  const judge = (target: ConnectTarget, name?: string, router = 'acme/git') => {
    const verdict = judges.judgeOf(router, 'the upstream')(target, name)
    if (verdict.kind === 'refused') return verdict.why
    if (verdict.kind === 'absent') return `absent: ${verdict.code}`
    verdict.release?.()
    return verdict.shown ?? 'permitted'
  }
  return {
    refusals,
    judges,
    judge,
    tcp: (address: string, port = 80, name?: string) => judge({ kind: 'tcp', address, port }, name),
    unix: (path: string) => judge({ kind: 'unix', path }),
    pass: (milliseconds: number) => (now += milliseconds),
    configure: (configuration: object) => (settings = parseSettings(configuration, 'f')),
  }
}

describe('where a tenant’s upstreams may be', () => {
  it('is the public internet, and nowhere else', () => {
    const { tcp, unix } = reachOf()
    assert.equal(tcp('1.1.1.1'), 'permitted')
    assert.equal(tcp('2606:4700:4700::1111', 443), 'permitted')
    assert.equal(tcp('127.0.0.1'), 'loopback')
    assert.equal(tcp('::ffff:10.0.0.1'), 'private')
    assert.equal(tcp('fe80::1%eth0'), 'link-local')
    assert.equal(tcp('2606:4700::1%eth0'), 'an address of the link eth0')
    assert.equal(tcp('not an address'), 'no address')
    assert.equal(unix('/run/x.sock'), 'a unix socket')
  })

  it('is also what the configuration grants, for the ports that it grants', () => {
    const { tcp } = reachOf({ reach: ['10.2.0.0/16:5432', '192.168.1.7:8000-8099', '[fd00::/8]:*', '[::1]:80'] })
    assert.equal(tcp('10.2.255.1', 5432), 'permitted')
    assert.equal(tcp('::ffff:10.2.0.1', 5432), 'permitted')
    assert.equal(tcp('10.2.0.1', 5433), 'private')
    assert.equal(tcp('10.3.0.1', 5432), 'private')
    assert.equal(tcp('64:ff9b::10.2.0.1', 5432), 'private in its NAT64 form')
    assert.deepEqual(
      [7999, 8000, 8099, 8100].map((port) => tcp('192.168.1.7', port)),
      ['private', 'permitted', 'permitted', 'private'],
    )
    assert.equal(tcp('192.168.1.8', 8000), 'private')
    assert.equal(tcp('fd12::1', 1), 'permitted')
    assert.equal(tcp('fc12::1', 1), 'unique-local')
    assert.equal(tcp('::1', 80), 'permitted')
    assert.equal(tcp('127.0.0.1', 80), 'loopback')
  })

  it('is all of one family with [::/0] or 0.0.0.0/0, and everything with *', () => {
    const six = reachOf({ reach: ['[::/0]:*'] })
    assert.deepEqual(
      [six.tcp('::1'), six.tcp('127.0.0.1'), six.tcp('::ffff:127.0.0.1')],
      ['permitted', 'loopback', 'loopback'],
    )
    const four = reachOf({ reach: ['0.0.0.0/0:*'] })
    assert.deepEqual(
      [four.tcp('::1'), four.tcp('127.0.0.1'), four.tcp('::ffff:127.0.0.1')],
      ['loopback', 'permitted', 'permitted'],
    )
    const all = reachOf({ reach: ['*:80'] })
    assert.deepEqual(
      [all.tcp('::1'), all.tcp('10.0.0.1'), all.tcp('10.0.0.1', 81)],
      ['permitted', 'permitted', 'private'],
    )
    assert.equal(all.unix('/run/x.sock'), 'a unix socket')
  })

  it('is whatever a granted name resolves to', () => {
    const { tcp } = reachOf({ reach: ['Db.Internal.:5432', '*.svc.acme.internal:*', 'bücher.example:80'] })
    assert.equal(tcp('10.0.0.1', 5432, 'db.internal'), 'permitted')
    assert.equal(tcp('127.0.0.1', 5432, 'db.internal'), 'permitted')
    assert.equal(tcp('10.0.0.1', 5433, 'db.internal'), 'private')
    assert.equal(tcp('10.0.0.1', 5432), 'private')
    assert.equal(tcp('10.0.0.1', 1, 'a.svc.acme.internal'), 'permitted')
    assert.equal(tcp('10.0.0.1', 1, 'a.b.svc.acme.internal'), 'permitted')
    for (const name of [
      'svc.acme.internal',
      'xsvc.acme.internal',
      'a.svc.acme.internal.evil.example',
      'b.db.internal',
      'xdb.internal',
    ])
      assert.equal(tcp('10.0.0.1', 5432, name), 'private', name)
    assert.equal(tcp('10.0.0.1', 80, 'xn--bcher-kva.example'), 'permitted')
  })

  it('is anywhere for the operator’s own routers', () => {
    const { judge, refusals } = reachOf({ listeners: [{ host: '0.0.0.0', port: 80 }] })
    assert.equal(judge({ kind: 'tcp', address: '127.0.0.1', port: 80 }, undefined, 'git'), 'permitted')
    assert.equal(judge({ kind: 'unix', path: '/run/x.sock' }, undefined, 'git'), 'permitted')
    assert.deepEqual(refusals, [])
  })

  it('follows the configuration from one attempt to the next', () => {
    const { judges, configure } = reachOf()
    const judge = judges.judgeOf('acme/git', 'x')
    const target: ConnectTarget = { kind: 'tcp', address: '10.0.0.1', port: 80 }
    assert.equal(judge(target, undefined).kind, 'refused')
    configure({ tenants: { defaults: { reach: ['10.0.0.0/8:80'] } } })
    assert.equal(judge(target, undefined).kind, 'permitted')
    configure({})
    assert.equal(judge(target, undefined).kind, 'refused')
  })
})

describe('what leads back to this machine', () => {
  it('is refused at every address of its interfaces, which are read again', () => {
    let addresses = ['93.184.216.34', '2a00::7', 'fe80::1%eth0']
    const { tcp, pass } = reachOf({ interfaces: () => addresses })
    assert.equal(tcp('93.184.216.34'), 'of this machine')
    assert.equal(tcp('::ffff:93.184.216.34'), 'of this machine')
    assert.equal(tcp('2a00:0::7'), 'of this machine')
    assert.equal(tcp('93.184.216.35'), 'permitted')
    addresses = ['93.184.216.35']
    pass(3000)
    assert.deepEqual([tcp('93.184.216.34'), tcp('93.184.216.35')], ['permitted', 'of this machine'])
  })

  it('is what was known when the interfaces cannot be read, and everything before they could be', () => {
    let fails = true
    const { tcp, pass } = reachOf({
      interfaces: () => {
        if (fails) throw new Error('EMFILE')
        return ['93.184.216.34']
      },
    })
    assert.match(tcp('1.1.1.1'), /cannot be read/)
    fails = false
    pass(3000)
    assert.deepEqual([tcp('1.1.1.1'), tcp('93.184.216.34')], ['permitted', 'of this machine'])
    fails = true
    pass(3000)
    assert.deepEqual([tcp('1.1.1.1'), tcp('93.184.216.34')], ['permitted', 'of this machine'])
  })

  it('is a listener of ours only by a grant of its very address and port', () => {
    const why = 'a listener of this program'
    const interfaces = () => ['10.0.0.5', '2a00::7']
    const listeners = [{ host: '0.0.0.0', port: 443 }]
    const wide = reachOf({ reach: ['*:*', '127.0.0.0/8:443', '127.0.0.1:*', 'me.example:443'], listeners, interfaces })
    for (const address of ['127.0.0.1', '127.9.9.9', '10.0.0.5', '0.0.0.0', '::', '::ffff:127.0.0.1'])
      assert.equal(wide.tcp(address, 443, 'me.example'), why, address)
    assert.equal(wide.tcp('127.0.0.1', 444), 'permitted')
    assert.equal(wide.tcp('10.0.0.6', 443), 'permitted')
    const exact = reachOf({ reach: ['127.0.0.1:443'], listeners, interfaces })
    assert.deepEqual([exact.tcp('127.0.0.1', 443), exact.tcp('10.0.0.5', 443)], ['permitted', why])
  })

  it('is where a listener on one address, on all of IPv6, or on a name is', () => {
    const why = 'a listener of this program'
    const at = (host: string) =>
      reachOf({ reach: ['*:*'], listeners: [{ host, port: 443 }], interfaces: () => ['10.0.0.5'] })
    const one = at('127.0.0.1')
    assert.deepEqual(
      [one.tcp('127.0.0.1', 443), one.tcp('0.0.0.0', 443), one.tcp('10.0.0.5', 443)],
      [why, why, 'permitted'],
    )
    for (const host of ['::', 'localhost'])
      assert.deepEqual(
        ['::1', '127.0.0.1', '10.0.0.5', '10.0.0.6'].map((address) => at(host).tcp(address, 443)),
        [why, why, why, 'permitted'],
      )
  })
})

describe('unix sockets of tenants', () => {
  const folder = join(scratch, 'acme')
  mkdirSync(folder)
  mkdirSync(join(scratch, 'secret'))
  for (const file of ['acme/a.sock', 'acme/b.txt', 'secret/s.sock', 'one.sock']) writeFileSync(join(scratch, file), '')
  symlinkSync(join(scratch, 'secret/s.sock'), join(folder, 'out.sock'))
  symlinkSync('../secret', join(folder, 'dir.sock'))
  symlinkSync('a.sock', join(folder, 'in.sock'))
  symlinkSync('nowhere', join(folder, 'dangling.sock'))
  symlinkSync('loop.sock', join(folder, 'loop.sock'))
  symlinkSync('acme', join(scratch, 'link'))
  const { unix } = reachOf({
    reach: [`unix:${folder}/*.sock`, `unix:${scratch}/one.sock`, `unix:${scratch}/link/*.sock`],
  })

  it('are reached where the configuration grants their path or its pattern', () => {
    assert.equal(unix(`${folder}/a.sock`), `unix:${folder}/a.sock`)
    assert.equal(unix(`${scratch}/one.sock`), `unix:${scratch}/one.sock`)
    assert.equal(unix(`${folder}/in.sock`), `unix:${folder}/a.sock`)
    assert.equal(unix(`${scratch}/link/a.sock`), `unix:${folder}/a.sock`)
  })

  it('are refused elsewhere, however the path is written', () => {
    for (const path of [
      `${folder}/b.txt`,
      `${scratch}/secret/s.sock`,
      `${scratch}/one.sock/`,
      `${folder}/../secret/s.sock`,
      `${folder}//a.sock`,
      `${folder}/./a.sock`,
      `${folder}/x/../a.sock`,
      `${folder}/dir.sock/s.sock`,
      `//${folder}/a.sock`,
      '/',
      `${folder}/`,
      `${folder}/.sock/a`,
    ])
      assert.equal(unix(path), 'a unix socket', path)
  })

  it('are refused where a link leads out of what is granted', () => {
    assert.equal(unix(`${folder}/out.sock`), `a link to ${scratch}/secret/s.sock`)
    assert.equal(unix(`${folder}/dir.sock`), `a link to ${scratch}/secret`)
  })

  it('are absent, which is no refusal, when they are not there', () => {
    assert.equal(unix(`${folder}/none.sock`), 'absent: ENOENT')
    assert.equal(unix(`${folder}/dangling.sock`), 'absent: ENOENT')
    assert.equal(unix(`${folder}/loop.sock`), 'absent: ELOOP')
  })

  it('are the one that was judged, whatever becomes of its name meanwhile', {
    skip: process.platform !== 'linux',
  }, async (t) => {
    const server = createServer((socket) => socket.end('the one that was judged'))
    t.after(() => server.close())
    server.listen(join(folder, 'judged.sock'))
    await once(server, 'listening')
    const { judges } = reachOf({ reach: [`unix:${folder}/*.sock`] })
    const verdict = judges.judgeOf('acme/git', 'x')({ kind: 'unix', path: join(folder, 'judged.sock') }, undefined)
    assert.ok(verdict.kind === 'permitted' && verdict.target.kind === 'unix')
    renameSync(join(folder, 'out.sock'), join(folder, 'judged.sock'))
    const client = connect(verdict.target.path)
    assert.equal(await text(client), 'the one that was judged')
    verdict.release?.()
  })

  it('leave no descriptor open', { skip: process.platform !== 'linux' }, () => {
    const open = () => readdirSync('/proc/self/fd').length
    const before = open()
    for (const file of ['a.sock', 'in.sock', 'dir.sock', 'none.sock', 'b.txt']) unix(join(folder, file))
    assert.equal(open(), before)
  })

  it('are never the control socket', () => {
    const control = join(folder, 'a.sock')
    const { unix } = reachOf({ reach: [`unix:${folder}/*.sock`], control })
    assert.deepEqual([unix(control), unix(`${folder}/in.sock`)], ['a control socket', 'a control socket'])
  })
})

describe('what the operator hears', () => {
  it('is the first refusal of each upstream, with where it could be granted', () => {
    const { judges, refusals } = reachOf()
    const judge = judges.judgeOf('other/git', 'both.example:80')
    for (const address of ['1.1.1.1', '127.0.0.1', '10.0.0.1'])
      judge({ kind: 'tcp', address, port: 80 }, 'both.example')
    assert.deepEqual(refusals, [
      {
        router: 'other/git',
        tenant: 'other',
        upstream: 'both.example:80',
        address: '127.0.0.1:80',
        why: 'loopback',
        setting: 'tenants.defaults.reach',
      },
    ])
    judges.judgeOf('acme/git', 'x')({ kind: 'unix', path: '/x' }, undefined)
    assert.equal(refusals.at(-1)?.setting, 'tenants.named.acme.reach')
  })

  it('is said at most once a second', () => {
    let now = 0
    const seldom = new Seldom(() => now)
    assert.deepEqual(
      [seldom.times('a'), seldom.times('a'), seldom.times('a'), seldom.times('b')],
      [1, undefined, undefined, 1],
    )
    now = 1000
    assert.deepEqual([seldom.times('a'), seldom.times('a')], [3, undefined])
  })
})

describe('an entry of reach', () => {
  const problem = (entry: unknown): string => {
    try {
      parseSettings({ tenants: { named: { acme: { reach: [entry] } } } }, 'f')
      return 'none'
    } catch (error) {
      assert.ok(error instanceof ConfigError)
      return error.message
    }
  }

  for (const entry of [
    '10.2.0.0/16:5432',
    '10.2.0.1:1-65535',
    '0.0.0.0/0:*',
    '[fd00::/8]:443',
    '[::1]:*',
    '[::ffff:10.0.0.0/104]:80',
    'db.internal:5432',
    '*.svc.acme.internal:*',
    'Bücher.Example.:80',
    'a_b:80',
    '*:*',
    '*:443',
    'unix:/run/acme/*.sock',
    'unix:/run/a.sock',
    'unix:/*',
  ])
    it(`may be ${entry}`, () => assert.equal(problem(entry), 'none'))

  const FORMS = /allowed is an address, network, name, "\*\.name" or "\*" with a port/
  for (const [entry, allowed] of [
    [
      '10.2.3.4/16:5432',
      /reach.*0.* is "10\.2\.3\.4\/16:5432"; allowed is a network whose bits beyond the first 16 are 0/,
    ],
    ['[fd00::1/8]:1', /bits beyond the first 8 are 0/],
    ['10.0.0.0/33:1', /a prefix of 0 to 32 bits/],
    ['10.0.0.0/08:1', /a prefix of 0 to 32 bits/],
    ['[fd00::/129]:1', /a prefix of 0 to 128 bits/],
    ['10.0.0.0/8/8:1', /allowed is an address such as/],
    ['127.1:80', /allowed is an address such as 10\.2\.0\.1 .*in its plain form/],
    ['[fe80::1%lo]:1', /in its plain form/],
    ['[127.0.0.1]:80', /an IPv6 address in the brackets/],
    ['a.example:0', /a port from 1 to 65535/],
    ['a.example:65536', /a port from 1 to 65535/],
    ['a.example:9-8', /a port from 1 to 65535/],
    ['a.example', FORMS],
    ['10.0.0.0/8', FORMS],
    ['::1:80', FORMS],
    ['a.*.b:1', FORMS],
    ['*a.b:1', FORMS],
    ['*.*:1', FORMS],
    ['256.1.1.1:1', FORMS],
    ['', FORMS],
    [7, FORMS],
    ['unix:/run/*/a.sock', /\* in its last part only/],
    ['unix:/run/../a.sock', /an absolute path/],
    ['unix:a.sock', /an absolute path/],
    ['unix:/run/', /an absolute path/],
    ['a'.repeat(301), /at most 300 characters/],
  ] as const)
    it(`is refused as ${String(entry).slice(0, 40)}`, () => assert.match(problem(entry), allowed))
})

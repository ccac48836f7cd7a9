import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { GIT_ENVIRONMENT, GitHome, git } from '../../examples/git/_homes.ts'
import { exampleRouter } from '../kit/examples.ts'
import { Pointsman } from '../kit/pointsman.ts'
import { missing, run } from '../kit/programs.ts'
import { Client } from '../kit/sockets.ts'

const BIG_BYTES = 110 * 1024 * 1024
const PARALLEL = 50

describe('examples/git: real git daemons behind one router', { skip: missing('git') }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'pointsman-git-'))
  let homes: GitHome[] = []
  let pointsman: Pointsman
  let url: string

  before(async () => {
    homes = [await GitHome.start('alice', folder('alice')), await GitHome.start('bob', folder('bob'))]
    const table = Object.fromEntries(homes.map(({ owner, port }) => [owner, `127.0.0.1:${port}`]))
    pointsman = await Pointsman.start({
      routers: {
        git: exampleRouter('git/git.ts'),
        'git.homes.json': JSON.stringify({ ...table, gone: '127.0.0.1:1' }),
      },
      config: { connect: { retries: 1 } },
    })
    url = `git://localhost:${await pointsman.served('git')}`
  })

  after(async () => {
    for (const home of homes) home.stop()
    await pointsman.stop()
    rmSync(scratch, { recursive: true, force: true })
  })

  function folder(name: string): string {
    const path = join(scratch, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  function gitClient(...words: string[]): ReturnType<typeof run> {
    return run('git', words, { cwd: scratch, env: GIT_ENVIRONMENT })
  }

  for (const owner of ['alice', 'bob'])
    for (const version of ['0', '2'])
      it(`clones a repository of ${owner} from its own daemon with protocol version ${version}`, async () => {
        const into = join(scratch, `${owner}-clone-${version}`)
        const cloned = await gitClient('-c', `protocol.version=${version}`, 'clone', `${url}/${owner}/site.git`, into)
        assert.equal(cloned.code, 0, cloned.stderr)
        assert.equal(readFileSync(join(into, 'README'), 'utf8'), `the site of ${owner}\n`)
      })

  it('really speaks protocol version 2 through the proxy', async () => {
    const words = ['-c', 'protocol.version=2', 'ls-remote', `${url}/alice/site.git`]
    const listed = await run('git', words, { cwd: scratch, env: { ...GIT_ENVIRONMENT, GIT_TRACE_PACKET: '1' } })
    assert.equal(listed.code, 0, listed.stderr)
    assert.match(listed.stderr, /< version 2/)
    assert.match(listed.stdout, /refs\/heads\/main/)
  })

  it('pushes, and fetches what was pushed', async () => {
    const pusher = join(scratch, 'pusher')
    const fetcher = join(scratch, 'fetcher')
    for (const into of [pusher, fetcher]) assert.equal((await gitClient('clone', `${url}/bob/site.git`, into)).code, 0)
    writeFileSync(join(pusher, 'news'), 'pushed through the proxy\n')
    git(pusher, 'add', 'news')
    git(pusher, 'commit', '-q', '-m', 'news')
    const pushed = await run('git', ['push', 'origin', 'HEAD:main'], { cwd: pusher, env: GIT_ENVIRONMENT })
    assert.equal(pushed.code, 0, pushed.stderr)
    const fetched = await run('git', ['pull', '-q'], { cwd: fetcher, env: GIT_ENVIRONMENT })
    assert.equal(fetched.code, 0, fetched.stderr)
    assert.equal(readFileSync(join(fetcher, 'news'), 'utf8'), 'pushed through the proxy\n')
  })

  it('answers an unknown owner with a git error that the client shows', async () => {
    const refused = await gitClient('clone', `${url}/carol/site.git`, join(scratch, 'none'))
    assert.equal(refused.code, 128)
    assert.match(refused.stderr, /remote error: there is no \/carol\/site\.git here/)
  })

  it('answers for an owner whose daemon is down', async () => {
    const refused = await gitClient('clone', `${url}/gone/site.git`, join(scratch, 'none'))
    assert.equal(refused.code, 128)
    assert.match(refused.stderr, /remote error: its server does not answer/)
  })

  it('tells other protocols that it speaks git', async () => {
    const client = await Client.connect(Number(new URL(url).port))
    assert.equal(await client.write('GET / HTTP/1.1\r\n\r\n').rest(), 'this port speaks git\n')
    client.destroy()
  })

  it('routes a request that arrives one byte at a time, and one that arrives with what follows it', async () => {
    const port = Number(new URL(url).port)
    const request = '0033git-upload-pack /alice/site.git\0host=localhost\0'
    assert.equal(request.length, 0x33)
    const slow = await Client.connect(port)
    await slow.dribble(request)
    await slow.receives(/refs\/heads\/main/)
    slow.write('0000')
    await slow.rest()
    const fast = await Client.connect(port)
    fast.write(`${request}0000`)
    assert.match(await fast.rest(), /refs\/heads\/main/)
    slow.destroy()
    fast.destroy()
  })

  it(`serves ${PARALLEL} clones at once`, { timeout: 60_000 }, async () => {
    const clones = Array.from({ length: PARALLEL }, (_, index) => {
      const owner = index % 2 === 0 ? 'alice' : 'bob'
      return gitClient('clone', '-q', `${url}/${owner}/site.git`, join(scratch, `parallel-${index}`)).then((cloned) => {
        assert.equal(cloned.code, 0, cloned.stderr)
        assert.equal(readFileSync(join(scratch, `parallel-${index}`, 'README'), 'utf8'), `the site of ${owner}\n`)
      })
    })
    await Promise.all(clones)
  })

  it(`clones ${BIG_BYTES / 1024 / 1024} MiB that git fsck finds whole`, { timeout: 120_000 }, async () => {
    const [alice] = homes
    assert.ok(alice)
    const work = join(alice.folder, 'alice-work')
    for (let file = 0; file < 10; file++) writeFileSync(join(work, `noise-${file}`), randomBytes(BIG_BYTES / 10))
    // Noise does not compress, and looking for similar files in it takes most of a minute.
    for (const where of [work, join(alice.folder, 'alice', 'site.git')])
      for (const setting of [
        ['core.compression', '0'],
        ['core.bigFileThreshold', '1m'],
        ['pack.window', '0'],
      ])
        git(where, 'config', ...setting)
    git(work, 'add', '.')
    git(work, 'commit', '-q', '-m', 'noise')
    git(work, 'push', '-q', 'origin', 'HEAD:main')
    const into = join(scratch, 'big')
    const cloned = await gitClient('clone', '-q', `${url}/alice/site.git`, into)
    assert.equal(cloned.code, 0, cloned.stderr)
    const checked = await run('git', ['fsck', '--full', '--strict'], { cwd: into, env: GIT_ENVIRONMENT })
    assert.equal(checked.code, 0, checked.stderr)
    const transfer = pointsman.lines.find((line) => line.msg === 'connection' && Number(line.bytesDown) > BIG_BYTES)
    assert.ok(transfer, 'the access record counts the bytes of the clone')
  })
})

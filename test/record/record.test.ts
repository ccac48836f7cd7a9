import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseRecordLine, RECORD_HEADER } from 'router-sdk/record'
import { Pointsman, runPointsman } from '../kit/pointsman.ts'
import { run } from '../kit/programs.ts'
import { Client, echoServer, type TestServer } from '../kit/sockets.ts'

const SDK = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'sdk', 'bin', 'router-sdk.js')
const SECRET = 'hunter2-is-not-for-files'

function router(remotes: readonly string[]): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  route(conn) {
    if (!conn.text.includes('\\n')) return { noop: true }
    const [word] = conn.text.split('\\n')
    if (word === 'a') return { remote: '${remotes[0]}' }
    if (word === 'b') return { remote: '${remotes[1]}' }
    const home = conn.lookup('homes', word ?? '')
    return home ? { remote: home } : { close: 'nobody' }
  },
})
`
}

describe('what routers were asked can be recorded, and asked again', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'pointsman-record-'))
  const file = join(scratch, 'connections.jsonl')
  const upstreams: TestServer[] = []
  let remotes: string[] = []

  before(async () => {
    upstreams.push(await echoServer('A'), await echoServer('B'))
    remotes = upstreams.map(({ remote }) => remote)
    const homes = JSON.stringify({ carol: remotes[0] })
    await using pointsman = await Pointsman.start({
      routers: { words: router(remotes), 'words.homes.json': homes },
      config: { record: { file } },
    })
    const port = await pointsman.served('words')
    for (const word of ['a', 'b', 'carol', 'nobody']) {
      const client = await Client.connect(port)
      await client.dribble(`${word}\n`)
      if (word !== 'nobody') {
        await client.receives(/:/)
        client.write(SECRET)
        await client.receives(new RegExp(SECRET))
      }
      await client.end().rest()
      client.destroy()
    }
    pointsman.signal('SIGTERM')
    await pointsman.exited()
  })

  after(async () => {
    for (const upstream of upstreams) await upstream[Symbol.asyncDispose]()
    rmSync(scratch, { recursive: true })
  })

  it('one line for each connection, with questions, look-ups and decisions', () => {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    assert.equal(lines[0], RECORD_HEADER)
    const connections = lines.flatMap((line, index) => parseRecordLine(line, index === 0) ?? [])
    assert.equal(connections.length, 4)
    const last = connections.map(({ questions }) => questions.at(-1))
    assert.deepEqual(
      last.map((question) =>
        question?.decision.kind === 'forward' ? question.decision.remote : question?.decision.kind,
      ),
      [remotes[0], remotes[1], remotes[0], 'close'],
    )
    assert.deepEqual({ ...last[2]?.lookups.homes }, { carol: remotes[0] })
    assert.deepEqual(connections[2]?.bytes, Buffer.from('carol\n'))
    for (const { questions } of connections)
      for (const { decision } of questions.slice(0, -1)) assert.equal(decision.kind, 'wait')
  })

  it('nothing of what was relayed, and only its owner may read it', () => {
    assert.ok(!readFileSync(file, 'latin1').includes(SECRET))
    assert.ok(!readFileSync(file, 'latin1').includes(Buffer.from(SECRET).toString('base64').slice(4, 20)))
    assert.equal(statSync(file).mode & 0o077, 0)
  })

  it('router-sdk replay finds the same for the same router', { timeout: 30_000 }, async () => {
    writeFileSync(join(scratch, 'words.ts'), router(remotes))
    const { code, stdout, stderr } = await run(process.execPath, [SDK, 'replay', file, 'words.ts'], { cwd: scratch })
    assert.equal(code, 0, stdout + stderr)
  })

  it('router-sdk replay lists what would now go elsewhere, and exits with 1', { timeout: 30_000 }, async () => {
    writeFileSync(join(scratch, 'words.ts'), router([remotes[0] ?? '', '192.0.2.1:80']))
    const { code, stdout, stderr } = await run(process.execPath, [SDK, 'replay', file, 'words.ts'], { cwd: scratch })
    assert.equal(code, 1, stdout + stderr)
    assert.match(stdout, /192\.0\.2\.1:80/)
  })
})

it('a record stays within its limit, and holds no byte where none are to be kept', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'pointsman-record-'))
  const file = join(scratch, 'small.jsonl')
  await using pointsman = await Pointsman.start({
    routers: {
      any: `import { defineRouter } from 'router-sdk'\nexport default defineRouter({ route: () => ({ close: 'bye' }) })\n`,
    },
    config: { record: { file, maxBytes: 2000, bytes: 0 } },
  })
  const port = await pointsman.served('any')
  for (let connection = 0; connection < 30; connection++) {
    const client = await Client.connect(port)
    assert.equal(await client.write(SECRET).rest(), 'bye')
    client.destroy()
    await pointsman.record(client)
  }
  const { size } = statSync(file)
  assert.ok(size > 500 && size <= 2000, `${size} bytes`)
  const [, first = ''] = readFileSync(file, 'utf8').split('\n')
  const { bytes, questions } = parseRecordLine(first, false) ?? assert.fail()
  assert.deepEqual([bytes.length, questions[0]?.length], [0, SECRET.length])
  assert.ok(!first.includes(Buffer.from(SECRET).toString('base64').slice(0, 8)))
  rmSync(scratch, { recursive: true })
})

it('a record that cannot be written is said before anything is served', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'pointsman-record-'))
  writeFileSync(join(scratch, 'r.ts'), '')
  const { code, stderr } = await runPointsman(['serve', scratch, '--record', join(scratch, 'none', 'x.jsonl')])
  assert.equal(code, 1)
  assert.match(stderr, /^pointsman: cannot write the record .*ENOENT/)
  writeFileSync(join(scratch, 'diary.txt'), 'dear diary, this is longer than the first line of a record\n')
  const mistaken = await runPointsman(['serve', scratch, '--record', join(scratch, 'diary.txt')])
  assert.equal(mistaken.code, 1)
  assert.match(mistaken.stderr, /^pointsman: cannot write the record .*diary\.txt: the file is there and is no record/)
  assert.match(readFileSync(join(scratch, 'diary.txt'), 'utf8'), /^dear diary.*\n$/)
  rmSync(scratch, { recursive: true })
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BIN, runPointsman } from '../kit/pointsman.ts'
import { until } from '../kit/wait.ts'

const scratch = mkdtempSync(join(tmpdir(), 'pointsman-cli-'))
after(() => rmSync(scratch, { recursive: true }))

const LISTEN = "listen: { port: 0, host: '127.0.0.1' }"
const router = (body: string) => `import { defineRouter } from 'router-sdk'\nexport default defineRouter({ ${body} })\n`
const GOOD = router(`${LISTEN}, route: () => ({ close: true })`)

let folders = 0
function folder(files: Record<string, string>): string {
  const path = join(scratch, `routers-${folders++}`)
  mkdirSync(path)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

function config(content: string, name = `config-${folders++}.json`): string {
  const file = join(scratch, name)
  writeFileSync(file, content)
  return file
}

/** Runs a command that has to fail with `code`, say what `message` says, and never show a stack. */
async function fails(words: string[], code: number, ...messages: RegExp[]): Promise<void> {
  const result = await runPointsman(words, { cwd: scratch })
  const seen = `${words.join(' ')}\n${result.stderr}\n${result.stdout.slice(-2000)}`
  assert.equal(result.code, code, seen)
  for (const message of messages) assert.match(result.stderr, message, seen)
  assert.doesNotMatch(result.stderr, /^\s+at .+:\d+:\d+\)?$|node:internal|\bnode_modules\b/m, seen)
}

test('a mistake in usage gets one message, the nearest command or option, and exit code 2', async () => {
  await Promise.all([
    fails(['serv'], 2, /^pointsman: unknown command 'serv'\n\(Did you mean serve\?\)\n$/),
    fails(['serve', '--prot', '1'], 2, /unknown option '--prot'\n\(Did you mean --port\?\)/),
    fails(['serve', '-p', '99999'], 2, /argument '99999' is invalid\. A port is a whole number from 0 to 65535\./),
    fails(['serve', '-p', 'http'], 2, /argument 'http' is invalid/),
    fails(['serve', 'a', 'b'], 2, /too many arguments/),
    fails(['serve', '-h'], 2, /option '-h, --host <host>' argument missing/),
    fails([], 2, /^Usage: pointsman/),
  ])
})

test('a place without routers is named, and why', async () => {
  const unnamed = folder({ '_help.ts': '', 'git.test.ts': '', 'x.d.ts': '', 'notes.md': '' })
  await Promise.all([
    fails(['serve', 'nowhere'], 1, /^pointsman: there is no file or directory nowhere\n$/),
    fails(['serve'], 1, /there is no file or directory \.\/routers/),
    fails(['check', 'nowhere'], 1, /there is no file or directory nowhere/),
    fails(['serve', folder({})], 1, /there is no router in .*: put a \.ts file there/),
    fails(['check', folder({})], 1, /there is no router in /),
    fails(['serve', unnamed], 1, /there is no router in /),
    fails(['serve', join(unnamed, 'notes.md')], 1, /notes\.md is not a router/),
    fails(['serve', folder({ 'git.v2.ts': GOOD })], 1, /git\.v2\.ts: "git\.v2" cannot name a router/),
  ])
})

test('a router that cannot be read is named, and the others are served', () => {
  const path = folder({ 'secret.ts': GOOD, 'good.ts': GOOD })
  chmodSync(join(path, 'secret.ts'), 0)
  // Root reads every file by two capabilities, which the command is started without.
  const without = '-dac_override,-dac_read_search'
  const isRoot = process.getuid?.() === 0
  const wrapper = isRoot ? ['setpriv', `--bounding-set=${without}`, `--inh-caps=${without}`] : []
  for (const place of [path, join(path, 'secret.ts')]) {
    const command = [...wrapper, process.execPath, BIN, 'check', place]
    const { status, stdout, stderr } = spawnSync('env', command, { encoding: 'utf8' })
    assert.equal(status, 1, stderr)
    assert.match(stderr, /^pointsman: .*secret\.ts.* cannot be read.*EACCES\)?\n$/)
    assert.equal(stdout.startsWith('good  127.0.0.1:0'), place === path)
  }
})

test('a broken router is refused with its place, and nothing is served', async () => {
  const cases: [string, RegExp][] = [
    ['export default {{\n', /router bad is refused: bad\.ts:1:\d+: .*\n> 1 \| export default \{\{/],
    [router('route: () => ({ remote: 5 })'), /bad\.ts:2:\d+: .*\n.*\n?> 2 \|/],
    [router("route: () => ({ remote: 'localhost' })"), /bad\.ts:2:\d+: /],
    [router("route: () => ({ remot: 'localhost:80' })"), /bad\.ts:2:\d+: /],
    ['export const a = 1\n', /bad\.ts(?::1:1)?.*default/s],
    ["import 'node:fs'\nexport default 1\n", /bad\.ts:1:\d+: /],
    [router('route: () => ({ close: true }), listen: 99999'), /bad.*port/s],
  ]
  for (const command of ['check', 'serve'])
    await Promise.all(
      cases.map(([text, message]) => fails([command, folder({ 'bad.ts': text })], 1, /router bad is refused/, message)),
    )
})

test('a port that another program has is named', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await until('the other program', () => (other.listening ? true : undefined))
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const path = folder({ 'plain.ts': router('route: () => ({ close: true })') })
  const message = new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: another program listens there \\(EADDRINUSE\\)`)
  await fails(['serve', path, '-h', '127.0.0.1', '-p', port], 1, message)
})

test('two routers for one port are both named by check', async () => {
  const one = router('listen: 4000, route: () => ({ close: true })')
  await fails(['check', folder({ 'a.ts': one, 'b.ts': one })], 1, /router b wants 0\.0\.0\.0:4000, which router a has/)
})

test('a mistake in the configuration is named with its key', async () => {
  const path = folder({ 'good.ts': GOOD })
  await Promise.all([
    fails(['serve', path, '-c', config('{"workres":1}')], 1, /workres is not a setting; did you mean workers\?/),
    fails(
      ['serve', path, '-c', config('{"workers":"two"}')],
      1,
      /workers is "two"; allowed is a whole number from 1 to 256/,
    ),
    fails(['check', path, '-c', config('{"listen":{"port":99999}}')], 1, /listen\.port is 99999; allowed is/),
    fails(['config', '-c', config('{')], 1, /is not JSON/),
    fails(['config', '-c', 'nowhere.json'], 1, /cannot read the configuration .*nowhere\.json: no such file/),
    fails(
      ['serve', path, '-c', config('{"log":{"file":"/nonexistent/x.log"}}')],
      1,
      /cannot write the log \/nonexistent\/x\.log/,
    ),
  ])
})

test('a layer of isolation that is required and cannot be had is named, and nothing is served', async () => {
  const file = config('{"isolation":{"require":["jitless"],"jitless":false}}')
  await fails(
    ['serve', folder({ 'good.ts': GOOD }), '-c', file],
    1,
    /isolation\.require asks for jitless, which this machine does not give/,
  )
})

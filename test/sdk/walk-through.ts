import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until, within } from '../kit/wait.ts'
import type { Installed, Ran } from './installed.ts'
import { descendants, isAlive, router, tests } from './project.ts'

const FOLDER = 'mine'
const PROTOCOLS = ['git', 'http', 'tls']
/** What a verdict may take on a machine that is busy with other tests: three times what a quiet one may. */
const SOON = 6000

const HOSTILE: Readonly<Record<string, readonly [source: string, verdict: RegExp]>> = {
  'loops for ever': [
    router('for (;;) {}\n    return { close: true }'),
    /loops-for-ever\.ts: its first question .*no answer after 20 ms of CPU time/,
  ],
  'eats memory': [
    router("const all: string[] = []\n    for (;;) all.push(conn.text + 'x'.repeat(1e6) + all.length)"),
    /eats-memory\.ts: its first question .*(?:memory|no answer after 20 ms of CPU time)/,
  ],
  'has a type error': [
    router('return { remote: conn.bytes.length }'),
    /has-a-type-error\.ts:6:\d+: remote .*\n(?:.*\n)* *> 6 \| {5}return \{ remote: conn\.bytes\.length \}/,
  ],
}

/** What a new user does, from `npm init -y` and `npm install router-sdk` on, in the order of the documentation. */
export function declareWalkThrough(place: () => Installed, skip: string | false): void {
  test('a new user writes routers, checks, tests, tries, measures, records and replays them', { skip }, async () => {
    const sdk = userOf(place())
    for (const name of PROTOCOLS) {
      const { code, stderr } = await sdk('new', name, '--protocol', name)
      assert.equal(code, 0, stderr)
    }
    await writesAndTests(sdk)
    await asks(sdk)
    await recordsAndReplays(place(), sdk)
  })

  for (const [name, [source, verdict]] of Object.entries(HOSTILE))
    test(`a router that ${name}: a clear verdict soon, and no process is left`, { skip }, async (context) => {
      const file = name.replaceAll(' ', '-')
      place().write(`hostile/${file}.ts`, source)
      place().write(`hostile/${file}.test.ts`, tests(file, "given('x').closes()"))
      for (const command of ['check', 'test'])
        await condemns(place(), [command, `hostile/${file}.ts`], verdict, context)
    })
}

type Sdk = (...words: string[]) => Promise<Ran>

/** `router-sdk`, in a folder where there is nothing but what `npm init -y` wrote. */
function userOf(installed: Installed): Sdk {
  mkdirSync(join(installed.folder, FOLDER))
  installed.write(`${FOLDER}/package.json`, '{ "name": "mine", "version": "1.0.0", "type": "commonjs" }')
  return (...words) => installed.commandIn(FOLDER, 'router-sdk', ...words)
}

async function writesAndTests(sdk: Sdk): Promise<void> {
  const checked = await sdk('check')
  assert.equal(checked.code, 0, checked.stdout + checked.stderr)
  assert.deepEqual(checked.stdout.match(/^✔ \S+/gm), ['✔ git.ts', '✔ http.ts', '✔ tls.ts'])
  const tested = await sdk('test')
  assert.deepEqual([tested.code, tested.stderr], [0, ''], tested.stdout)
  assert.match(tested.stdout, /\n(\d+) of \1 connections as expected\n$/)
}

async function asks(sdk: Sdk): Promise<void> {
  const tried = await sdk('try', 'http.ts', '--text', 'GET /api/users HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
  assert.equal(tried.code, 0, tried.stderr)
  assert.match(tried.stdout, /^✔ routes to 127\.0\.0\.1:8001\n[\s\S]*parsers {2}httpRequest: method 'GET'/)
  const measured = await sdk('bench', 'http.ts', '--seconds', '0.2')
  assert.equal(measured.code, 0, measured.stderr)
  assert.match(
    measured.stdout,
    /^http: [\d,]+ decisions a second[\s\S]*: the connections of its tests\n {2}CPU {5}p50 /,
  )
}

async function recordsAndReplays(installed: Installed, sdk: Sdk): Promise<void> {
  for (const text of ['GET /api/users HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n', 'HELO a\\r\\n']) {
    const { code, stderr } = await sdk('record', 'http.jsonl', 'http.ts', '--text', text)
    assert.equal(code, 0, stderr)
  }
  const same = await sdk('replay', 'http.jsonl', 'http.ts')
  assert.deepEqual([same.code, same.stdout], [0, '2 connections asked again, 0 would go elsewhere\n'], same.stderr)
  const file = join(installed.folder, FOLDER, 'http.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1:8001', '127.0.0.1:8009'))
  const other = await sdk('replay', 'http.jsonl', 'http.ts')
  assert.equal(other.code, 1, other.stderr)
  assert.match(other.stdout, /then {2}routes to 127\.0\.0\.1:8001, .*\n {4}now {3}routes to 127\.0\.0\.1:8009, /)
  assert.match(other.stdout, /\n2 connections asked again, 1 would go elsewhere\n$/)
}

/** Runs a command that must exit with 1 and say why, and sees that everything that it started has ended. */
async function condemns(installed: Installed, words: string[], verdict: RegExp, context: TestContext): Promise<void> {
  const started = performance.now()
  const child = spawn(installed.program('router-sdk'), words, {
    cwd: installed.folder,
    env: installed.environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const seen = new Set<number>()
  const watch = setInterval(() => {
    for (const pid of descendants(child.pid ?? -1)) seen.add(pid)
  }, 5)
  const [code] = await within(words.join(' '), once(child, 'close')).finally(() => clearInterval(watch))
  const ms = Math.round(performance.now() - started)
  context.diagnostic(`${words[0]}: ${ms} ms`)
  assert.equal(code, 1, said)
  assert.match(said, verdict)
  assert.ok(seen.size > 2, 'hosts were seen')
  assert.ok(ms < SOON, `${ms} ms`)
  await until(
    'the end of every process that it started',
    () => ([...seen].some(isAlive) ? undefined : true),
    () => [...seen].filter(isAlive),
  )
}

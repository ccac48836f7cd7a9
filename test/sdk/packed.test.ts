import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { Client } from '../kit/sockets.ts'
import { until, within } from '../kit/wait.ts'
import { Installed, REPOSITORY } from './installed.ts'
import { declareWalkThrough } from './walk-through.ts'

const made = await Installed.make()
const skip = made instanceof Installed ? false : made
after(() => made instanceof Installed && made[Symbol.dispose]())

function place(): Installed {
  if (made instanceof Installed) return made
  throw new Error(made)
}

declareWalkThrough(place, skip)

const router = (word: string): string => `import { defineRouter } from 'router-sdk'
import { gitRequest } from 'router-sdk/protocols'

export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route(conn) {
    const git = gitRequest(conn.bytes)
    if (git.match === 'need-more') return { noop: true, atLeast: git.atLeast }
    if (git.match === 'yes') return { remote: '127.0.0.1:9418' }
    return { close: '${word} ' + (conn.lookup('homes', 'user-2999') ?? 'nowhere') }
  },
})
`

// Large enough to be read in a thread.
const HOMES = JSON.stringify(
  Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`user-${i}`, `10.0.0.1:${i + 1}`])),
)
const BAD = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: () => ({ remote: 'localhost' }) })
`
const CONFIG = `import { defineConfig } from 'pointsman/config'
export default defineConfig({ workers: 1, listen: { port: 0, host: '127.0.0.1' } })
`

test('what is installed names no path of the machine that built it, and can be executed where it must', {
  skip,
}, () => {
  const modules = join(place().folder, 'node_modules')
  for (const name of ['router-sdk', 'pointsman']) {
    const folder = join(modules, name)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    assert.ok(files.length > 30)
    for (const file of files) {
      const path = join(file.parentPath, file.name)
      assert.ok(!readFileSync(path, 'utf8').includes(`${REPOSITORY}/`), `${path} names ${REPOSITORY}`)
      assert.match(file.name, /\.(js|d\.ts|json|md|svg|sh)$|^LICENSE$/)
    }
    for (const file of ['README.md', 'LICENSE']) assert.ok(existsSync(join(folder, file)), `${name} has no ${file}`)
  }
  accessSync(join(modules, 'router-sdk', 'dist', 'compile', 'esbuild-bounded.sh'), constants.X_OK)
})

test('the commands say what they do, under the Node that they bring along', { skip }, async () => {
  const [sdk, pointsman] = await Promise.all([place().npx('router-sdk', '--help'), place().npx('pointsman', '--help')])
  assert.deepEqual([sdk.code, pointsman.code], [0, 0], sdk.stderr + pointsman.stderr)
  assert.match(sdk.stdout, /^Usage: router-sdk /)
  assert.match(pointsman.stdout, /^Usage: pointsman /)
})

test('router-sdk check accepts a good router, and shows the line of a bad one', { skip }, async () => {
  const good = place().write('checked/good.ts', router('good'))
  const bad = place().write('checked/bad.ts', BAD)
  const [accepted, refused] = [
    await place().command('router-sdk', 'check', good),
    await place().command('router-sdk', 'check', bad),
  ]
  assert.equal(accepted.code, 0, accepted.stdout + accepted.stderr)
  assert.equal(refused.code, 1, refused.stdout + refused.stderr)
  assert.match(refused.stdout, /bad\.ts:2:\d+: remote needs a port.*\n.*\n> 2 \| export default/)
})

test('pointsman check says what would be served, and which router is broken', { skip }, async () => {
  place().write('asked/good.ts', router('good'))
  place().write('pointsman.config.ts', CONFIG)
  const accepted = await place().command('pointsman', 'check', 'asked')
  assert.equal(accepted.code, 0, accepted.stdout + accepted.stderr)
  place().write('asked/bad.ts', BAD)
  const refused = await place().command('pointsman', 'check', 'asked')
  assert.equal(refused.code, 1)
  assert.match(refused.stdout + refused.stderr, /bad\.ts:2:\d+/)
})

test('pointsman serve answers a connection, swaps on save, records, and ends when it is asked to', {
  skip,
}, async () => {
  place().write('pointsman.config.ts', CONFIG)
  place().write('routers/git.homes.json', HOMES)
  place().write('routers/git.ts', router('first'))
  const served = new Served(place())
  try {
    assert.equal(await said(await served.active(1)), 'first 10.0.0.1:3000')
    renameSync(place().write('second', router('second')), join(place().folder, 'routers', 'git.ts'))
    assert.equal(await said(await served.active(2)), 'second 10.0.0.1:3000')
  } finally {
    await served.stop()
  }
  const replayed = await place().command('router-sdk', 'replay', 'served.jsonl', 'routers/git.ts')
  assert.equal(replayed.code, 1, replayed.stdout + replayed.stderr)
  assert.match(
    replayed.stdout,
    /then {2}closes with 'first .*\n {4}now {3}closes with 'second [^✖]*1 would go elsewhere/,
  )
})

test("an editor's view: the installed types accept a good router and refuse a wrong answer", { skip }, async () => {
  const options = { strict: true, noEmit: true, target: 'esnext', module: 'nodenext', types: [], skipLibCheck: false }
  place().write('edited/package.json', '{ "type": "module" }')
  place().write('edited/tsconfig.json', JSON.stringify({ compilerOptions: options, include: ['*.ts'] }))
  place().write('edited/good.ts', router('good'))
  place().write('edited/good.test.ts', TEST)
  const accepted = await place().command('tsc', '-p', 'edited')
  assert.deepEqual([accepted.code, accepted.stdout], [0, ''])
  place().write('edited/bad.ts', BAD)
  place().write('edited/pointsman.config.ts', CONFIG.replace('workers: 1', "workers: 'one'"))
  const refused = await place().command('tsc', '-p', 'edited', '--skipLibCheck', 'true')
  assert.match(refused.stdout, /^edited\/bad\.ts\(2,\d+\): error TS2322: .*localhost/m)
  assert.match(refused.stdout, /^edited\/pointsman\.config\.ts\(2,\d+\): error TS2322: .*'string'/m)
  assert.doesNotMatch(refused.stdout, /^(?!edited\/(bad|pointsman\.config)\.ts| )./m)
})

const TEST = `import { routerTest } from 'router-sdk/testing'

routerTest('./good.ts', ({ given }) => {
  given('GET / HTTP/1.1').closes(/good/)
})
`

/** Says something that is not git and gives the answer. */
async function said(port: number): Promise<string> {
  const client = await Client.connect(port)
  try {
    return await client.write('GET / HTTP/1.1\r\n\r\n').rest()
  } finally {
    client.destroy()
  }
}

/** `npx pointsman serve routers`, in a process group of its own, as a terminal would start it. */
class Served {
  readonly #child: ChildProcess
  readonly #lines: Record<string, unknown>[] = []
  readonly #raw: string[] = []

  constructor(installed: Installed) {
    const options = { cwd: installed.folder, env: installed.environment, detached: true } as const
    const words = ['--no-install', 'pointsman', 'serve', 'routers', '--record', 'served.jsonl']
    this.#child = spawn('npx', words, { ...options, stdio: 'pipe' })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream !== null) createInterface(stream).on('line', (line) => this.#hear(line))
  }

  /** The port of router git, once this version of it is active. */
  async active(version: number): Promise<number> {
    const line = await until(
      `version ${version} to be active`,
      () => this.#lines.find((each) => each.msg === 'router active' && each.version === version),
      () => this.#raw.slice(-15),
    )
    return Number(String(line.listen).replace(/^.*:/, ''))
  }

  async stop(): Promise<void> {
    const pids = new Set(this.#lines.flatMap(({ pid }) => (typeof pid === 'number' ? [pid] : [])))
    const exited = once(this.#child, 'exit')
    this.#signal('SIGTERM')
    await within('npx to end', exited).catch(() => this.#signal('SIGKILL'))
    await until('the program to end', () => ([...pids].some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true))
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal)
  }

  #hear(line: string): void {
    this.#raw.push(line)
    if (line.startsWith('{')) this.#lines.push(JSON.parse(line))
  }
}

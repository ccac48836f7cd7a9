import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { commandLine } from '../kit/pointsman.ts'
import { within } from '../kit/wait.ts'
import { REPOSITORY, strangers } from './installed.ts'

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'pointsman-older-')))
after(() => rmSync(scratch, { recursive: true, force: true }))

const SDK = join(REPOSITORY, 'sdk', 'bin', 'router-sdk.js')
const POINTSMAN = join(REPOSITORY, 'bin', 'pointsman.js')
mkdirSync(join(scratch, 'routers'))
writeFileSync(
  join(scratch, 'routers', 'one.ts'),
  `import { defineRouter } from 'router-sdk'
export default defineRouter({ listen: { port: 0, host: '127.0.0.1' }, route: () => ({ close: true }) })
`,
)

/** The Node that is installed beside the packages, where there is one for this machine. */
function installed(): string | undefined {
  try {
    const about = `node-${process.platform}-${process.arch}/package.json`
    return realpathSync(join(dirname(createRequire(SDK).resolve(about)), 'bin', 'node'))
  } catch {
    return undefined
  }
}

/** A Node that says that it is older, and one that is, where the machine has one; as command lines. */
function olderNodes(): [string, string[]][] {
  const copy = join(scratch, 'node')
  copyFileSync(process.execPath, copy)
  const pretend = join(scratch, 'old.cjs')
  const older = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`
  writeFileSync(pretend, `if (process.execPath === ${JSON.stringify(copy)}) ${older}`)
  const real = (strangers().PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .find((node) => existsSync(node) && isOlder(node))
  return [
    ['one that says so', [copy, '--require', pretend]],
    ...(real ? ([['a real one', [real]]] as [string, string[]][]) : []),
  ]
}

function isOlder(node: string): boolean {
  const [major = 0, minor = 0] = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
    .stdout.split('.')
    .map(Number)
  return major >= 14 && (major < 26 || (major === 26 && minor < 10))
}

const skip = installed() === undefined ? 'no Node is installed beside the packages' : false

for (const [which, [node = '', ...flags]] of skip ? [] : olderNodes()) {
  const run = (...words: string[]) =>
    spawnSync(node, [...flags, ...words], { cwd: scratch, encoding: 'utf8', timeout: 30_000, env: strangers() })

  test(`started with an older Node (${which}), both commands go on with the installed one`, () => {
    for (const bin of [SDK, POINTSMAN]) {
      const { status, stdout, stderr } = run(bin, 'check', 'routers')
      assert.deepEqual([status, stderr], [0, ''])
      assert.match(stdout, /one.*127\.0\.0\.1:0/)
    }
  })

  test(`started with an older Node (${which}), the exit code is the command's`, () => {
    for (const bin of [SDK, POINTSMAN]) {
      const { status, stderr } = run(bin, 'chekc')
      assert.deepEqual([status, /check/.test(stderr)], [2, true], stderr)
    }
  })

  test(`started with an older Node (${which}), a signal reaches the program once, which ends as it would`, async () => {
    const words = [...flags, POINTSMAN, 'serve', 'routers']
    const child = spawn(node, words, { cwd: scratch, stdio: ['ignore', 'pipe', 'inherit'], env: strangers() })
    const exited = once(child, 'exit')
    const lines: { msg: string; pid: number }[] = []
    const serving = Promise.withResolvers<void>()
    createInterface(child.stdout).on('line', (line) => {
      lines.push(JSON.parse(line))
      if (lines.at(-1)?.msg === 'pointsman serves') serving.resolve()
    })
    try {
      await within('the program to serve', serving.promise)
      child.kill('SIGTERM')
      assert.deepEqual(await within('the program to end', exited), [0, null])
      assert.equal(lines.filter(({ msg }) => msg.startsWith('Received TERM')).length, 1)
    } finally {
      child.kill('SIGTERM')
    }
    assert.equal(commandLine(lines[0]?.pid ?? -1), '')
  })

  test(`started with an older Node (${which}), a program that is killed takes its launcher with it`, async () => {
    const child = spawn(node, [...flags, POINTSMAN, 'serve', 'routers'], {
      cwd: scratch,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: strangers(),
    })
    const exited = once(child, 'exit')
    try {
      const [first] = await within('a first line', once(createInterface(child.stdout), 'line'))
      process.kill(Number(/"pid":(\d+)/.exec(String(first))?.[1]), 'SIGKILL')
      assert.deepEqual(await within('the launcher to end', exited), [null, 'SIGKILL'])
    } finally {
      child.kill('SIGTERM')
    }
  })
}

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Project, router, tests } from './project.ts'

const BIN = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'sdk', 'bin', 'router-sdk.js')
const COMMANDS = ['new', 'check', 'test', 'try', 'record', 'replay', 'bench']

describe('router-sdk', () => {
  it('has help with an example for each command, and says what its exit codes mean', async () => {
    using project = new Project()
    const all = await project.run(['--help'])
    assert.equal(all.code, 0)
    assert.deepEqual((await project.run(['help'])).stdout, all.stdout)
    assert.match((await project.run(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
    assert.match(all.stdout, /Exit codes: 0 all is well, 1 a router failed, 2 the command line is wrong/)
    for (const command of COMMANDS) {
      assert.match(all.stdout, new RegExp(`^ {2}${command} `, 'm'))
      const { code, stdout } = await project.run([command, '--help'])
      assert.equal(code, 0)
      assert.match(stdout, /\nExamples?:\n {2}\S/)
    }
  })

  it('answers a mistake with the nearest command or option, and exits with 2', async () => {
    using project = new Project({ 'a.ts': router('return { noop: true }') })
    const mistakes: [string[], RegExp][] = [
      [['tset'], /^router-sdk: unknown command 'tset'\n\(Did you mean test\?\)\n$/],
      [['chekc'], /Did you mean check\?/],
      [['rcord'], /Did you mean record\?/],
      [['--versoin'], /Did you mean --version\?/],
      [['check', '--jsno'], /^router-sdk: unknown option '--jsno'\n\(Did you mean --json\?\)\n$/],
      [
        ['test', '--reporter', 'jsn'],
        /^router-sdk: option '--reporter <name>' argument 'jsn' is invalid\. It is one of spec, tap, junit, json\.\n\(Did you mean json\?\)\n$/,
      ],
      [['new', 'a', '--protocol', 'posgres'], /Did you mean postgres\?/],
      [['try', 'a.ts', '--text', '', '--hook', 'onconect'], /Did you mean onConnect\?/],
      [['test', '--reporter', 'carrier-pigeon'], /It is one of spec, tap, junit, json\.\n$/],
      [['try', 'a.js', '--text', ''], /there is no a\.js/],
      [['try', '.', '--text', ''], /\. is a folder, not a router/],
      [['replay'], /missing required argument 'record'/],
    ]
    for (const [words, message] of mistakes) {
      const { code, stdout, stderr } = await project.run(words)
      assert.match(stderr, message)
      assert.deepEqual([code, stdout], [2, ''])
    }
  })

  it('uses colours on a terminal only, and not when NO_COLOR is set', {
    skip: !hasScript() && 'needs script(1)',
  }, () => {
    using project = new Project({ 'a.ts': router('return { noop: true }') })
    assert.match(onTerminal(project, 'check', {}), /\x1b\[32m✔\x1b\[39m/)
    const plain = onTerminal(project, 'check', { NO_COLOR: '1' })
    assert.match(plain, /✔ a\.ts/)
    assert.doesNotMatch(plain, /\x1b\[\d+m/)
  })

  it('shows how far it is on a terminal only, and takes that away before it tells the result', {
    skip: !hasScript() && 'needs script(1)',
  }, async () => {
    using project = new Project({
      'a.ts': router('return { noop: true }'),
      'a.test.ts': tests('a', "given('x').waits()"),
    })
    const shown = onTerminal(project, 'test', {})
    assert.match(shown, /\r\x1b\[2Ka\.ts: \d+ random and mutated inputs\r\x1b\[2K/)
    const lines = shown.split('\r\x1b[2K')
    assert.ok(lines.length < 200, `${lines.length} progress lines in a few seconds`)
    assert.match(lines.at(-1) ?? '', /^\x1b\[1ma\.ts\x1b\[22m\r\n/)
    assert.doesNotMatch(onTerminal(project, 'test', { CI: 'true' }), /\x1b\[2K/)
    assert.equal((await project.run(['test'])).stderr, '')
  })

  it('ends quietly when nobody reads its results, and says so when they cannot be written', async () => {
    using project = new Project({ 'a.ts': router('return { noop: true }'), 'b.ts': router('return { noop: true }') })
    const running = project.start(['check'])
    running.child.stdout?.destroy()
    const code = await running.exited()
    assert.equal(running.stderr, '')
    assert.ok(code === 0 || code === 130, `exit code ${code}`)
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'check'], {
      cwd: project.folder,
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    closeSync(full)
    assert.match(stderr, /^router-sdk: the result cannot be written: ENOSPC.*\n$/)
    assert.equal(status, 3)
  })

  it('works without a folder of its own to keep things in', async () => {
    using project = new Project({ 'a.ts': router('return { noop: true }') })
    project.write('kept/router-sdk', 'a file where a folder should be')
    project.write('closed/router-sdk/code', 'a file where a folder should be')
    const homes = ['/dev/null/none', '/proc/none', `${project.folder}/kept`, `${project.folder}/closed`]
    for (const XDG_CACHE_HOME of homes) {
      const { code, stdout, stderr } = await project.run(['check', 'a.ts'], {
        env: { XDG_CACHE_HOME, HOME: '/proc/none' },
      })
      assert.deepEqual([code, stderr], [0, ''], `${XDG_CACHE_HOME}: ${stdout}`)
    }
    const home = await project.run(['check', 'a.ts'], { env: { XDG_CACHE_HOME: '', HOME: '/proc/none' } })
    assert.equal(home.code, 0, home.stderr)
  })

  it('tells an older Node which one is needed', () => {
    const preload = "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.20.2' })"
    const { status, stderr } = spawnSync(process.execPath, ['--import', preload, BIN, 'check'], { encoding: 'utf8' })
    assert.equal(status, 2)
    assert.equal(stderr, 'router-sdk needs Node 26.10 or newer and was started with 20.20.2\n')
  })
})

/** Everything that a command writes on a terminal. */
function onTerminal(project: Project, command: string, env: NodeJS.ProcessEnv): string {
  return spawnSync('script', ['-qec', `${process.execPath} ${BIN} ${command}`, '/dev/null'], {
    cwd: project.folder,
    env: { ...process.env, TERM: 'xterm', CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    encoding: 'utf8',
    timeout: 30_000,
  }).stdout
}

function hasScript(): boolean {
  return spawnSync('script', ['--version']).status === 0
}

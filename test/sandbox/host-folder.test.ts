import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { within } from '../kit/wait.ts'

const scratch = mkdtempSync(join(tmpdir(), 'pointsman-folders-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const MODULE = import.meta.resolve('../../sdk/src/sandbox/host-folder.ts')

/** Another process whose temporary files are in `base`: it makes a folder, prints it, and then does `then`. */
function owner(base: string, then: string) {
  const script = `const { makeHostFolder } = await import('${MODULE}')
    console.log(await makeHostFolder())
    ${then}`
  const env = { ...process.env, TMPDIR: base }
  return { words: ['--input-type=module', '-e', script], options: { env, encoding: 'utf8' } as const }
}

function makeAndDie(base: string): string {
  const { words, options } = owner(base, "process.kill(process.pid, 'SIGKILL')")
  const { stdout, stderr } = spawnSync(process.execPath, words, options)
  assert.match(stdout, /pointsman-host-/, stderr)
  return stdout.trim()
}

test('the folder of an owner that was killed is removed by the next one, that of a living one is not', async () => {
  const base = mkdtempSync(join(scratch, 'tmp-'))
  const { words, options } = owner(base, 'setInterval(() => {}, 1000)')
  const living = spawn(process.execPath, words, { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [printed] = await within('a folder', once(living.stdout, 'data'))
    const dead = makeAndDie(base)
    writeFileSync(join(dead, 'host.cjs'), '')
    const last = makeAndDie(base)
    assert.deepEqual(readdirSync(base).sort(), [String(printed).trim(), last].map((path) => basename(path)).sort())
  } finally {
    living.kill('SIGKILL')
  }
})

test('nothing else is removed: other names, owners elsewhere, links and files', () => {
  const base = mkdtempSync(join(scratch, 'tmp-'))
  const dead = basename(makeAndDie(base))
  rmSync(join(base, dead), { recursive: true })
  const pid = /-(\d+)-[^-]+$/.exec(dead)?.[1] ?? ''
  const kept = [
    `${dead}x`,
    `x${dead}`,
    dead.replace(`-${pid}-`, '-'),
    dead.replace(/\d+/, '12'),
    dead.replace(pid, '0'),
  ]
  for (const name of kept) mkdirSync(join(base, name))
  const target = mkdtempSync(join(scratch, 'target-'))
  writeFileSync(join(target, 'precious'), '')
  symlinkSync(target, join(base, dead.replace(/.{6}$/, 'LinkLi')))
  writeFileSync(join(base, dead.replace(/.{6}$/, 'FileFi')), '')
  const before = readdirSync(base)
  const made = basename(makeAndDie(base))
  assert.deepEqual(readdirSync(base).sort(), [...before, made].sort())
  assert.ok(existsSync(join(target, 'precious')))
})

test('one of another user is left alone', { skip: process.getuid?.() !== 0 && 'only root can make one' }, () => {
  const base = mkdtempSync(join(scratch, 'tmp-'))
  const theirs = makeAndDie(base)
  assert.equal(spawnSync('chown', ['65534', theirs]).status, 0)
  makeAndDie(base)
  assert.ok(existsSync(theirs))
})

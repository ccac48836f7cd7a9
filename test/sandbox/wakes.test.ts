import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { ask, hostCommand, question, removeHostProgram, routing, version, WatchedSandbox } from './sandboxes.ts'

const QUESTIONS = 300

after(removeHostProgram)

/** How often the first thread of a process went to sleep. */
function sleeps(pid: number): number {
  const status = readFileSync(`/proc/${pid}/task/${pid}/status`, 'latin1')
  return Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1])
}

test('a host wakes up once for each question that comes alone, and not for its answer being read', {
  skip: process.platform !== 'linux',
}, async () => {
  await using watched = await WatchedSandbox.start({ command: await hostCommand() })
  const { sandbox } = watched
  await sandbox.load(version(1, routing(`return { close: true }`)))
  for (let at = 0; at < 20; at++) await ask(sandbox, 1, question(`before ${at}`))
  const before = new Map(sandbox.pids.map((pid) => [pid, sleeps(pid)]))
  for (let at = 0; at < QUESTIONS; at++) await ask(sandbox, 1, question(`question ${at}`))
  const slept = Math.max(...sandbox.pids.map((pid) => sleeps(pid) - (before.get(pid) ?? Number.NaN)))
  assert.ok(slept > QUESTIONS / 2, `${slept} times for ${QUESTIONS} questions`)
  assert.ok(slept < QUESTIONS * 1.5, `${slept} times for ${QUESTIONS} questions`)
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

/** Logs `fields` in a process of its own, whose standard output is a pipe. */
function logged(fields: object, pretty: boolean): string {
  const log = new URL('../../src/log.ts', import.meta.url).href
  const script = `import { openLog } from ${JSON.stringify(log)}
const settings = { level: 'info', file: null, access: null, pretty: ${pretty} }
const { log, flush } = openLog(settings, { worker: 3 })
log.info(${JSON.stringify(fields)}, 'router log'); flush()`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(result.stderr, '')
  return result.stdout
}

const HOSTILE = 'a\u001b[2Jb\r\nWARN: forged\u009b31m\u2028c\u202ed\u007f\b'

test('a line of the log is one line of JSON without control characters, whatever a router said', () => {
  const output = logged({ said: HOSTILE }, false)
  assert.match(output, /^[\x20-\x7e]+\n$/)
  const line: unknown = JSON.parse(output)
  assert.ok(typeof line === 'object' && line !== null && 'said' in line && 'worker' in line)
  assert.deepEqual([line.said, line.worker], [HOSTILE, 3])
})

test('at a terminal what a router said stays on its line and cannot steer the cursor', () => {
  const output = logged({ said: HOSTILE }, true)
  assert.match(output, /^\[[\d:.]+\] INFO: router log [\x20-\x7e]+\n$/)
  assert.match(output, /\\u001b\[2Jb\\r\\nWARN: forged/)
})

test('at a terminal a code frame is printed as the lines that it is', () => {
  const output = logged({ at: 'git.ts:2:7', frame: ['  1 | a', '> 2 | \u001b[31mb'] }, true)
  assert.match(output, /router log\n {6}1 \| a\n {4}> 2 \| \\u001b\[31mb /)
})

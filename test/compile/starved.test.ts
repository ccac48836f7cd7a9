import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { CompileFailure, closeCompiler, waitForProcessor } from 'router-sdk/compile'
import { until, within } from '../kit/wait.ts'
import { BOMBS, children } from './bombs.ts'
import { Folder, GOOD } from './folder.ts'

after(closeCompiler)
waitForProcessor()
const skip = process.platform !== 'linux' && 'needs /proc'

/** A child of this process, from when there is one. */
function child(word: string): Promise<number> {
  return until(`a child with ${word}`, () =>
    children().find((pid) => {
      const line = commandLine(pid)
      return line.includes(word) && !line.startsWith('/bin/sh')
    }),
  )
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

function noFault(what: RegExp): (error: unknown) => boolean {
  return (error) => !(error instanceof CompileFailure) && what.test(String(error))
}

test('a type checker that is not given the processor is no fault of the router', { skip }, async () => {
  using folder = new Folder({ 'r.ts': GOOD, 'bomb.ts': `${BOMBS['types of much memory']}\n${GOOD}` })
  await folder.compile()
  const compiling = folder.compile({ file: 'bomb.ts', compileTime: 200 })
  process.kill(await child('tsconfig.json'), 'SIGSTOP')
  const words = /the machine is too busy: in \d+ ms the type checker did not get the 200 ms/
  await within('the verdict', assert.rejects(compiling, noFault(words)))
  await folder.compile()
})

test('an esbuild that is not given the processor is no fault of the router', { skip }, async () => {
  using folder = new Folder({ 'r.ts': GOOD })
  await folder.compile()
  const service = await child('--service=')
  process.kill(service, 'SIGSTOP')
  try {
    const compiling = folder.compile({ compileTime: 200 })
    const words = /the machine is too busy: in 1000 ms esbuild did not get the 200 ms/
    await within('the verdict', assert.rejects(compiling, noFault(words)))
  } finally {
    process.kill(service, 'SIGCONT')
  }
  await folder.compile()
})

/**
 * The compiler's process: it compiles routers, and esbuild and the type checker are its children. Its supervisor says when there
 * are connections to be served; from then on all of them have what others leave of the processor.
 */

import { removePrivateFolders, sweepPrivateFolders } from 'router-sdk/compile-folders'
import { leadGroup } from 'router-sdk/own-process'
import { ownChildren, ownFamilyTime, yieldToOthers } from 'router-sdk/process-files'
import { type CompileRequest, type FromCompiler, parseToCompiler } from './messages.ts'
import { Starvation } from './starvation.ts'

/**
 * A tenth of what a worker gets, and room for the type checker, which is started with 2 more, or 9 for tenants that save often. With
 * relief it is none, where we may: only root can be less nice than before.
 */
const NICE = { patient: 10, starved: 0 } as const

const starvation = new Starvation({
  spent: ownFamilyTime,
  changed: (now) => {
    starved = now
    leaveProcessor()
  },
})
let starved = false
let yields = false
/** As it was set last. */
let nice = 0

process.title = 'pointsman compiler'

leadGroup()
// Signals are for the supervisor, which ends this process; a service manager sends them to all.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, () => {})

process.on('message', (received: unknown) => {
  const message = parseToCompiler(received)
  if (message.type === 'compile') void compile(message.id, message.request).then(tell)
  else {
    yields = true
    leaveProcessor()
  }
})
process.on('disconnect', () => void leave())

// After what hears of messages: one is there already.
const compiler = import('router-sdk/compile')
void compiler.then(({ waitForProcessor }) => waitForProcessor())
void sweepPrivateFolders()

async function compile(id: number, request: CompileRequest): Promise<FromCompiler> {
  const end = starvation.begin()
  try {
    return await compiled(id, request)
  } finally {
    end()
  }
}

async function compiled(id: number, request: CompileRequest): Promise<FromCompiler> {
  const { CompileFailure, compileRouter } = await compiler
  const { where, ...rest } = request
  try {
    const router = await compileRouter({ ...rest, where: (limit) => where[limit], reuse: true })
    return { type: 'compiled', id, router }
  } catch (error) {
    if (error instanceof CompileFailure)
      return { type: 'refused', id, diagnostics: error.diagnostics, inputs: error.inputs }
    return { type: 'failed', id, message: error instanceof Error ? error.message : String(error) }
  }
}

function leaveProcessor(): void {
  if (!yields) return
  const wanted = starved ? NICE.starved : NICE.patient
  if (nice === wanted) return
  nice = wanted
  for (const pid of [process.pid, ...ownChildren()]) yieldToOthers(pid, nice)
}

function tell(message: FromCompiler): void {
  // A supervisor that has just died cannot be told: the error is given to the callback, and `disconnect` follows.
  process.send?.(message, undefined, undefined, () => {})
}

/** Without a supervisor nobody waits for what is being compiled: all of the group ends, and leaves no file behind. */
async function leave(): Promise<void> {
  await removePrivateFolders()
  try {
    process.kill(-process.pid, 'SIGKILL')
  } finally {
    process.exit()
  }
}

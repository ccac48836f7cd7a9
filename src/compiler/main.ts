/**
 * The compiler's process: it compiles routers, and esbuild and the type checker are its children. Its supervisor says when there
 * are connections to be served; from then on all of them have what others leave of the processor.
 */

import { removePrivateFolders, sweepPrivateFolders } from 'router-sdk/compile-folders'
import { ownChildren, ownSessionTime, yieldSession, yieldWithinSession } from 'router-sdk/process-files'
import { type CompileRequest, type FromCompiler, parseToCompiler } from './messages.ts'
import { Pace, SESSION_NICE } from './pace.ts'
import { Starvation } from './starvation.ts'

/**
 * Where the kernel shares out the processor by session, this only says who is before whom among compilers; elsewhere it is all
 * there is, and a tenth of what a worker gets. It leaves room for the type checker, which is started with 2 more, or 9 for tenants
 * that save often. With relief it is none, where we may: only root can be less nice than before.
 */
const NICE = { patient: 10, hurried: 10, starved: 0 } as const

const pace = new Pace((now) => {
  hurried = now
  leaveProcessor()
})
const starvation = new Starvation({
  spent: ownSessionTime,
  changed: (now) => {
    starved = now
    leaveProcessor()
  },
})
let hurried = false
let starved = false
let yields = false
/** Of the processes of the session, as it was set last. */
let within = 0

process.title = 'pointsman compiler'

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
  const done = [pace.begin(request.folder), starvation.begin()]
  try {
    return await compiled(id, request)
  } finally {
    for (const end of done) end()
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
  const haste = starved ? 'starved' : hurried ? 'hurried' : 'patient'
  yieldSession(process.pid, SESSION_NICE[haste])
  if (within === NICE[haste]) return
  within = NICE[haste]
  for (const pid of [process.pid, ...ownChildren()]) yieldWithinSession(pid, within)
}

function tell(message: FromCompiler): void {
  // A supervisor that has just died cannot be told: the error is given to the callback, and `disconnect` follows.
  process.send?.(message, undefined, undefined, () => {})
}

/** Without a supervisor nobody waits for what is being compiled: all of the session ends, and leaves no file behind. */
async function leave(): Promise<void> {
  await removePrivateFolders()
  try {
    process.kill(-process.pid, 'SIGKILL')
  } finally {
    process.exit()
  }
}

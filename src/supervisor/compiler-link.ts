import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type FromCompiler, MessageViolation, parseFromCompiler, type ToCompiler } from '../compiler/messages.ts'
import { NEEDS_SESSION } from './child-group.ts'

const COMPILER = fileURLToPath(import.meta.resolve('#compiler'))

export interface CompilerEvents {
  heard(message: FromCompiler): void
  /** It is gone, and all that it had started. */
  ended(why: string): void
}

/** One process of the compiler. It is ended only by SIGKILL. */
export class CompilerLink {
  readonly #child: ChildProcess
  readonly #events: CompilerEvents
  #why: string | undefined
  #ended = false

  /** `program`: the compiler's, unless a test says otherwise. */
  constructor(events: CompilerEvents, program: string = COMPILER) {
    this.#events = events
    this.#child = fork(program, {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: NEEDS_SESSION,
    })
    this.#child.on('message', (message) => this.#receive(message))
    this.#child.on('exit', (code, signal) => this.#end(signal ?? `exit code ${code}`))
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) this.#end(error.message)
      else this.kill(error.message)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  send(message: ToCompiler): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  /** `why` is what will be said of its end. */
  kill(why: string): void {
    this.#why ??= why
    this.#child.kill('SIGKILL')
  }

  #receive(received: unknown): void {
    if (this.#ended || this.#why !== undefined) return
    try {
      this.#events.heard(parseFromCompiler(received))
    } catch (error) {
      if (!(error instanceof MessageViolation)) throw error
      this.kill(`it said what makes no sense: ${error.message}`)
    }
  }

  #end(why: string): void {
    if (this.#ended) return
    this.#ended = true
    const { pid } = this.#child
    if (pid !== undefined) killGroup(pid)
    this.#events.ended(this.#why ?? why)
  }
}

/** The type checker and esbuild would go on without it. They are in its process group, whose number is its own. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // nobody is left
  }
}

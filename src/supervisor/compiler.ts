import type { CompiledRouter } from 'router-sdk/compile'
import { sweepPrivateFolders } from 'router-sdk/compile-folders'
import { CompileFailure } from 'router-sdk/diagnostics'
import { type CompileRequest, type FromCompiler, MessageViolation } from '../compiler/messages.ts'
import type { Log } from '../log.ts'
import { CompilerLink } from './compiler-link.ts'

/** How often a router is begun when the compiler ends meanwhile. */
const MOST_BEGUN = 2
/**
 * A compiler that answers nothing for so long, in milliseconds and in times of the longest `compileTime`, will not answer any
 * more: every wait in it has a limit, and together they are shorter, even where many are checked together on a machine that is busy.
 */
const SILENCE = { milliseconds: 60_000, times: 120 }

/** The compiler ended, more than once, while it had a router to compile. Nobody knows whose fault it was. */
export class CompilerLost extends Error {}

interface Asked {
  readonly id: number
  readonly request: CompileRequest
  readonly resolve: (router: CompiledRouter) => void
  readonly reject: (error: Error) => void
  begun: number
}

export interface CompilerOptions {
  readonly log: Log['log']
  /** The program; tests have others. */
  readonly program?: string
  /** Milliseconds without an answer, whatever the limits of what is compiled. */
  readonly silence?: number
}

/** The compiler, whichever process it is in: one that ends is started again when there is something to compile. */
export class Compiler {
  readonly #options: CompilerOptions
  readonly #asked = new Map<number, Asked>()
  #link: CompilerLink | undefined
  #lastId = 0
  #yields = false
  #silence: NodeJS.Timeout | undefined
  #closed: PromiseWithResolvers<void> | undefined

  constructor(options: CompilerOptions) {
    this.#options = options
  }

  /** Starts the process before there is something to compile. */
  start(): void {
    if (this.#link !== undefined) return
    const events = { heard: (message: FromCompiler) => this.#heard(message), ended: (why: string) => this.#ended(why) }
    this.#link = new CompilerLink(events, this.#options.program)
    if (this.#yields) this.#link.send({ type: 'yield' })
  }

  /** Of the process that there is now. */
  get pid(): number | undefined {
    return this.#link?.pid
  }

  /** From now on it, and each process that follows it, takes what others leave of the processor. */
  yield(): void {
    if (this.#yields) return
    this.#yields = true
    this.#link?.send({ type: 'yield' })
  }

  /**
   * @throws CompileFailure when the router is to blame; any other error means that the compiler could not do its work.
   */
  compile(request: CompileRequest): Promise<CompiledRouter> {
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<CompiledRouter>()
    const asked = { id, request, resolve, reject, begun: 0 }
    this.#asked.set(id, asked)
    this.#begin(asked)
    return promise
  }

  /** Ends the process with all that it started, and leaves nothing of it behind. What was being compiled is not waited for. */
  async close(): Promise<void> {
    this.#closed ??= Promise.withResolvers()
    clearTimeout(this.#silence)
    if (this.#link === undefined) this.#closed.resolve()
    else this.#link.kill('it is over')
    await this.#closed.promise
    await sweepPrivateFolders()
  }

  #begin(asked: Asked): void {
    if (this.#closed !== undefined) return
    asked.begun++
    this.start()
    this.#link?.send({ type: 'compile', id: asked.id, request: asked.request })
    this.#watch()
  }

  #heard(answer: FromCompiler): void {
    const asked = this.#asked.get(answer.id)
    if (asked === undefined) throw new MessageViolation(`id: nobody asked for ${answer.id}`)
    this.#asked.delete(answer.id)
    this.#watch()
    if (answer.type === 'compiled') asked.resolve(answer.router)
    else if (answer.type === 'refused') asked.reject(new CompileFailure(answer.diagnostics, answer.inputs))
    else asked.reject(new Error(answer.message))
  }

  /** Begins anew what it had to compile, in the process that follows, or gives it up. */
  #ended(why: string): void {
    this.#link = undefined
    if (this.#closed !== undefined) return this.#closed.resolve()
    clearTimeout(this.#silence)
    this.#options.log.error({ why, compiling: this.#asked.size }, 'compiler lost; it is started again')
    void sweepPrivateFolders()
    for (const [id, asked] of [...this.#asked])
      if (asked.begun < MOST_BEGUN) this.#begin(asked)
      else {
        this.#asked.delete(id)
        asked.reject(new CompilerLost(`the compiler ended ${asked.begun} times while it had this to compile (${why})`))
      }
  }

  #watch(): void {
    clearTimeout(this.#silence)
    if (this.#asked.size === 0) return
    const longest = Math.max(...[...this.#asked.values()].map(({ request }) => request.limits.compileTime))
    const limit = this.#options.silence ?? SILENCE.milliseconds + SILENCE.times * longest
    this.#silence = setTimeout(() => this.#link?.kill(`it did nothing for ${limit} ms`), limit)
  }
}

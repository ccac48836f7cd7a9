import { setFlagsFromString } from 'node:v8'
import ivm from 'isolated-vm'
import { bootstrap } from './bootstrap.ts'

/** How one call into an isolate ended. `result` is what the bootstrap returned: untrusted JSON. */
export type Outcome =
  | { readonly kind: 'returned'; readonly result: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'broken'; readonly message: string }

const MEBIBYTE = 1_048_576
const BOOTSTRAP = `"use strict";(${bootstrap.toString()})()`

/**
 * One router version's isolate. This is the only file that imports isolated-vm. Nothing but strings crosses, no host function
 * or reference is given to the guest, and calls are synchronous: what a timeout does not stop is for whoever watches the
 * process. Needs Node's `--no-node-snapshot`.
 */
export class RouterIsolate {
  readonly #isolate: ivm.Isolate
  readonly #context: ivm.Context
  readonly #dispatch: ivm.Reference<(question: string) => string>

  /** `memory` in bytes. isolated-vm takes it as a guideline: peaks of several times as much have been seen. */
  constructor(memory: number) {
    this.#isolate = new ivm.Isolate({ memoryLimit: Math.floor(memory / MEBIBYTE), inspector: false })
    this.#context = this.#isolate.createContextSync()
    const script = this.#isolate.compileScriptSync(BOOTSTRAP, { filename: 'bootstrap.js' })
    this.#dispatch = script.runSync(this.#context, { reference: true })
    script.release()
  }

  /** Runs the bundle's top level, then asks the router to describe itself. `timeout` in whole milliseconds. */
  load(code: string, timeout: number): Outcome {
    try {
      // The bundle is esbuild's output, printed from a syntax tree, so it cannot close the function that it stands in.
      const source = `pointsmanLoad(function () { "use strict";\n${code}\nreturn pointsmanRouter })`
      const script = this.#isolate.compileScriptSync(source, { filename: 'router.js' })
      script.runSync(this.#context, { timeout })
      script.release()
    } catch (error) {
      return this.#failure(error)
    }
    return this.call('', timeout)
  }

  /** One question, as in `question-text.ts`. */
  call(question: string, timeout: number): Outcome {
    try {
      const result = this.#dispatch.applySync(undefined, [question], { timeout })
      if (typeof result !== 'string') return { kind: 'broken', message: `the bootstrap returned ${typeof result}` }
      return { kind: 'returned', result }
    } catch (error) {
      return this.#failure(error)
    }
  }

  /** Bytes of all that it holds, array buffers too, once its garbage has been collected: milliseconds, so never while serving. */
  measure(): number {
    this.#collectGarbage()
    const { used_heap_size, externally_allocated_size } = this.#isolate.getHeapStatisticsSync()
    return used_heap_size + externally_allocated_size
  }

  /** Only contexts that are made while the flag is set have `gc`: the router's never does, and cannot reach the one that has. */
  #collectGarbage(): void {
    setFlagsFromString('--expose-gc')
    let context: ivm.Context
    try {
      context = this.#isolate.createContextSync()
    } finally {
      setFlagsFromString('--no-expose-gc')
    }
    // The second one waits for what the first left to other threads: freeing array buffers.
    context.evalSync('gc(); gc()')
    context.release()
  }

  get disposed(): boolean {
    return this.#isolate.isDisposed
  }

  dispose(): void {
    if (!this.#isolate.isDisposed) this.#isolate.dispose()
  }

  #failure(error: unknown): Outcome {
    const message = error instanceof Error ? error.message : String(error)
    if (this.#isolate.isDisposed || message.includes('memory limit')) return { kind: 'memory' }
    if (message === 'Script execution timed out.') return { kind: 'timeout' }
    return { kind: 'broken', message: message.slice(0, 200) }
  }
}

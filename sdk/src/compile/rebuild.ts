import { type BuildContext, type BuildResult, open, type Unwritten } from './service.ts'

/** What a context has parsed stays in the service's memory, of every file name that it met: after so many builds it is left. */
const MOST_BUILDS = 500

/**
 * Builds with the same options of one input after the other. The service keeps what it parsed of the SDK, which is most of a
 * router's build; what it keeps it uses only where text and options are the same. One build at a time.
 */
export class Rebuilding<Input> {
  readonly #options: (input: () => Input) => Unwritten
  #input: Input | undefined
  #context: Promise<BuildContext<Unwritten>> | undefined
  #builds = 0

  /** `options` gets a function that tells what is to be built now. */
  constructor(options: (input: () => Input) => Unwritten) {
    this.#options = options
  }

  /** Rejects with esbuild's failure, or with what became of the service; then `forget` is due. */
  async build(input: Input): Promise<BuildResult<Unwritten>> {
    this.#input = input
    if (this.#builds++ >= MOST_BUILDS) await this.#leave()
    this.#context ??= open(this.#options(() => this.#current()))
    const context = await this.#context
    return await context.rebuild()
  }

  /** The service has ended, or is about to. */
  forget(): void {
    this.#context = undefined
    this.#builds = 0
  }

  async #leave(): Promise<void> {
    const context = this.#context
    this.forget()
    await (await context)?.dispose()
  }

  #current(): Input {
    if (this.#input === undefined) throw new Error('nothing is being built')
    return this.#input
  }
}

import { fingerprint } from './directory-scan.ts'

/** Changes of a folder's files in one second from which on it is left alone for a while. */
const BUSY = 10
const SECOND = 1000
/** Milliseconds for which nobody is told of its changes. */
const REST = 1000
/** Milliseconds from then on after which it is looked at: it may take a moment until changes are told of again. */
const LOOKS = [100, 900] as const

export interface BusyFoldersOptions {
  /** All files on which something of a folder depends. */
  readonly files: (folder: string) => Iterable<string>
  /** Changes below it are not told of any more, and are again. */
  readonly leave: (folder: string) => void
  readonly watch: (folder: string) => void
  /** A file changed meanwhile; the folder itself stands for files that came or went. */
  readonly touch: (folder: string, path: string) => void
  readonly print?: (path: string) => Promise<string>
}

/**
 * Folders in which somebody writes all the time. To be told of every change costs a look at the whole folder each; here they are
 * told of once a second, whatever is done to them.
 */
export class BusyFolders {
  readonly #options: BusyFoldersOptions
  readonly #counts = new Map<string, number>()
  readonly #resting = new Set<string>()
  readonly #paused = new Set<() => void>()
  #closed = false
  #counting: NodeJS.Timeout | undefined

  constructor(options: BusyFoldersOptions) {
    this.#options = options
  }

  /** A change below a folder was told of. */
  changed(folder: string): void {
    if (this.#resting.has(folder) || this.#closed) return
    const count = (this.#counts.get(folder) ?? 0) + 1
    this.#counts.set(folder, count)
    this.#counting ??= setTimeout(() => {
      this.#counting = undefined
      this.#counts.clear()
    }, SECOND).unref()
    if (count > BUSY) void this.#rest(folder)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#counting)
    for (const resume of this.#paused) resume()
  }

  async #rest(folder: string): Promise<void> {
    const { leave, watch, touch } = this.#options
    this.#resting.add(folder)
    // Before it is left: what changes in between is told of, and seen as well.
    let before = await this.#prints(folder)
    leave(folder)
    await this.#pause(REST)
    if (this.#closed) return
    watch(folder)
    for (const wait of LOOKS) {
      await this.#pause(wait)
      if (this.#closed) return
      const now = await this.#prints(folder)
      for (const [path, print] of now) if (before.get(path) !== print) touch(folder, path)
      touch(folder, folder)
      before = now
    }
    this.#resting.delete(folder)
  }

  async #prints(folder: string): Promise<Map<string, string>> {
    const { files, print = fingerprint } = this.#options
    const prints = new Map<string, string>()
    for (const path of new Set(files(folder))) prints.set(path, await print(path))
    return prints
  }

  #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#paused.add(resolve)
    const timer = setTimeout(resolve, milliseconds).unref()
    return promise.finally(() => {
      clearTimeout(timer)
      this.#paused.delete(resolve)
    })
  }
}

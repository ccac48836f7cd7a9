import { lstat, realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { FSWatcher } from 'chokidar'

export interface FolderWatchOptions {
  readonly path: string
  /** Only what is directly in it. */
  readonly flat?: boolean
  /** Something at `path` came, changed or went. */
  readonly touched: (path: string) => void
  readonly failed: (error: Error) => void
}

const UNWATCHED = new Set(['node_modules', '.git'])
/** How often a folder is looked for that is not there, in milliseconds. */
const LOOK_AGAIN = 1000

/** Watches a folder with all that is in it, and waits for one that is not there yet, or is gone. */
export class FolderWatch {
  readonly #options: FolderWatchOptions
  #watcher: FSWatcher | undefined
  #looking: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: FolderWatchOptions) {
    this.#options = options
  }

  /** Resolves when no change goes unnoticed any more. */
  async start(): Promise<void> {
    const real = await realFolder(this.#options.path)
    if (this.#closed) return
    if (real === undefined) this.#lookAgain()
    else await this.#watch(real)
  }

  /** Nothing below a folder in it is told of any more, until `rejoin`. */
  leave(folder: string): void {
    this.#watcher?.unwatch(folder)
  }

  rejoin(folder: string): void {
    this.#watcher?.add(folder)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#looking)
    await this.#watcher?.close()
  }

  async #watch(real: string): Promise<void> {
    const { flat = false, touched, failed } = this.#options
    const watcher = new FSWatcher({
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      ...(flat ? { depth: 0 } : {}),
      ignored: (path) => UNWATCHED.has(basename(path)) && path !== real,
    })
    this.#watcher = watcher
    watcher.on('all', (event, path) => {
      touched(path)
      if (event === 'unlinkDir' && path === real) this.#gone(watcher)
    })
    watcher.on('error', (error) => failed(error instanceof Error ? error : new Error(String(error))))
    const ready = new Promise<void>((resume) => watcher.once('ready', resume))
    watcher.add(real)
    await ready
  }

  #gone(watcher: FSWatcher): void {
    if (this.#watcher !== watcher) return
    this.#watcher = undefined
    void watcher.close()
    if (!this.#closed) this.#lookAgain()
  }

  #lookAgain(): void {
    this.#looking = setTimeout(() => void this.#look(), LOOK_AGAIN).unref()
  }

  async #look(): Promise<void> {
    await this.start()
    if (this.#watcher !== undefined) this.#options.touched(this.#options.path)
  }
}

/** The path of a folder without links in it; `undefined` when there is none, or only a link to one. */
export async function realFolder(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isDirectory() ? await realpath(path) : undefined
  } catch {
    return undefined
  }
}

import { type StatsListener, unwatchFile, watchFile } from 'node:fs'
import { fingerprint } from './directory-scan.ts'
import { Settler } from './settle.ts'

/** Milliseconds between two looks at each file: nothing that an editor does, and no file system, is too odd for that. */
const LOOK_EVERY = 200
/** What was not right is looked at again after so long: it may just be being written. */
const WRITING = 50

/** Watches the files that the configuration was read from; a save is told of once it has settled. */
export class ConfigWatch {
  readonly #saved: () => void
  readonly #settler = new Settler(() => void this.#settled())
  readonly #listeners = new Map<string, StatsListener>()
  /** The files as they were when they were read last. */
  #prints: ReadonlyMap<string, string> = new Map()
  #saving = false

  /** `saved`: one of the files is not what was read last. */
  constructor(saved: () => void) {
    this.#saved = saved
  }

  /**
   * Reads the configuration; `load` adds each file that it reads, or would if it were there. When it fails, those that were read
   * before are watched as well: the one that is wrong may not have been reached.
   */
  async read<T>(load: (files: Set<string>) => Promise<T>): Promise<T> {
    const files = new Set<string>()
    const before = await printsOf(this.#listeners.keys())
    this.#saving = false
    try {
      return await load(files)
    } catch (error) {
      for (const file of this.#listeners.keys()) files.add(file)
      await new Promise((resume) => setTimeout(resume, WRITING))
      this.#saving = differ(before, await printsOf(before.keys()))
      throw error
    } finally {
      this.#prints = new Map([...(await printsOf(files)), ...before])
      this.#watchAll(files)
    }
  }

  /** Reading failed while a file was being written: `saved` will be called again. */
  get saving(): boolean {
    return this.#saving
  }

  close(): void {
    this.#settler.close()
    this.#watchAll(new Set())
  }

  #watchAll(files: ReadonlySet<string>): void {
    for (const [file, listener] of this.#listeners) {
      if (files.has(file)) continue
      unwatchFile(file, listener)
      this.#listeners.delete(file)
    }
    for (const file of files) {
      if (this.#listeners.has(file)) continue
      const listener = () => this.#settler.touch('configuration', file)
      watchFile(file, { interval: LOOK_EVERY, persistent: false }, listener)
      this.#listeners.set(file, listener)
    }
  }

  async #settled(): Promise<void> {
    const now = await printsOf(this.#listeners.keys())
    if (differ(this.#prints, now)) this.#saved()
  }
}

function differ(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): boolean {
  return [...now].some(([file, print]) => before.get(file) !== print)
}

async function printsOf(files: Iterable<string>): Promise<Map<string, string>> {
  return new Map(await Promise.all([...files].map(async (file) => [file, await fingerprint(file)] as const)))
}

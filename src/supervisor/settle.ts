import { performance } from 'node:perf_hooks'
import { ABSENT, fingerprint } from './directory-scan.ts'

/** Milliseconds between two looks at a file, at first; */
const POLL = 10
/** they grow to this share of the time that its group has been unquiet: who saves without end is looked at now and then. */
const SLOWER = 0.1
/**
 * How many looks in a row must find a file as it is before it is read. Looks are counted, not milliseconds: a moment in which
 * this process did not run says nothing about the file.
 */
const QUIET = 3
/** Editors that save by moving the old file away leave none for a moment. */
const QUIET_ABSENT = 10
/** And others empty it before they write. */
const QUIET_EMPTY = 25
/** Milliseconds after which a file is read even though it goes on changing. */
const LONGEST = 2000

/** Files of one group that changed and are quiet now. `since`: `performance.now()` of the first sign. */
export interface Settled {
  readonly group: string
  readonly paths: ReadonlySet<string>
  readonly since: number
}

interface Watched {
  print: string | undefined
  /** Looks since it changed last. */
  looks: number
}

/**
 * Waits until files that are being written are written: a group is handed on when each of its changed files has been quiet
 * for a moment, or after two seconds. Groups (tenants) do not wait for one another.
 */
export class Settler {
  readonly #groups = new Map<string, Map<string, Watched>>()
  readonly #settled: (settled: Settled) => void
  readonly #print: (path: string) => Promise<string>
  readonly #closing = new AbortController()

  /** `print` gives what changes with a file; tests count the looks. */
  constructor(settled: (settled: Settled) => void, print: (path: string) => Promise<string> = fingerprint) {
    this.#settled = settled
    this.#print = print
  }

  /** A file of `group` may have changed. */
  touch(group: string, path: string): void {
    if (this.#closing.signal.aborted) return
    const files = this.#groups.get(group)
    const watched = { print: undefined, looks: 0 }
    if (files !== undefined) {
      if (!files.has(path)) files.set(path, watched)
      return
    }
    const started = new Map([[path, watched]])
    this.#groups.set(group, started)
    void this.#wait(group, started)
  }

  close(): void {
    this.#closing.abort()
    this.#groups.clear()
  }

  async #wait(group: string, files: Map<string, Watched>): Promise<void> {
    const since = performance.now()
    for (;;) {
      // One at a time: of the few threads that look at files no group takes more than one from the others.
      for (const [path, watched] of files) await this.#look(path, watched)
      const unquiet = performance.now() - since
      if (unquiet >= LONGEST || [...files.values()].every(isQuiet)) break
      await new Promise((resume) => setTimeout(resume, Math.max(POLL, SLOWER * unquiet)))
    }
    if (this.#closing.signal.aborted) return
    this.#groups.delete(group)
    this.#settled({ group, paths: new Set(files.keys()), since })
  }

  async #look(path: string, watched: Watched): Promise<void> {
    const print = await this.#print(path)
    watched.looks = print === watched.print ? watched.looks + 1 : 0
    watched.print = print
  }
}

function isQuiet({ print, looks }: Watched): boolean {
  return looks >= (print === ABSENT ? QUIET_ABSENT : print?.startsWith('0-') ? QUIET_EMPTY : QUIET)
}

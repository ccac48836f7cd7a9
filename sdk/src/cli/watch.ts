import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import { findTests, shown, UsageError } from './files.ts'
import { isGood, type Reporter } from './report.ts'
import type { Terminal } from './terminal.ts'
import type { TestSession } from './test.ts'

/** Editors save in several steps, within this many milliseconds. */
const SETTLE = 30

/** Runs tests, and again whatever depends on a file that changes, until it is interrupted. */
export async function watchTests(
  named: readonly string[],
  session: TestSession,
  reporter: Reporter,
  terminal: Terminal,
): Promise<void> {
  const changes = new Changes()
  const inputs = new Map<string, readonly string[]>()
  let files = await findTests(named)
  for (;;) {
    const stop = new AbortController()
    const running = runOnce(files, session, reporter, inputs, stop.signal)
    changes.watch([...inputs.values()].flat().map((path) => dirname(path)))
    changes.watch(files.map((path) => dirname(path)))
    const changed = await changes.next(() => stop.abort())
    await running
    files = await affected(named, changed, inputs)
    if (files.length > 0) terminal.line(terminal.style('dim', `── ${[...changed].map(shown).join(', ')} changed`))
  }
}

/** Connections first, all of them, for whoever waits; noise when that is told. */
async function runOnce(
  files: readonly string[],
  session: TestSession,
  reporter: Reporter,
  inputs: Map<string, readonly string[]>,
  signal: AbortSignal,
): Promise<void> {
  const noisy: (() => Promise<void>)[] = []
  for await (const tried of session.run(files)) {
    const { report } = tried
    inputs.set(`${report.test} ${report.router}`, tried.inputs)
    reporter.report(report)
    if (isGood(report))
      noisy.push(async () => {
        const whole = await tried.fuzz(signal)
        if (!isGood(whole)) reporter.report({ ...whole, cases: [] })
      })
  }
  for (const feed of noisy) if (!signal.aborted) await feed()
}

/** The test files that have to be run again. */
async function affected(
  named: readonly string[],
  changed: ReadonlySet<string>,
  inputs: ReadonlyMap<string, readonly string[]>,
): Promise<string[]> {
  const tests = await findTests(named).catch((error: unknown) => {
    if (error instanceof UsageError) return []
    throw error
  })
  const lists = [...inputs.values()]
  return tests.filter((test) => {
    if (changed.has(test)) return true
    return lists.some((list) => list[0] === test && list.some((path) => dependsOn(path, changed)))
  })
}

/** A router's tables change what is decided as its sources do. */
function dependsOn(path: string, changed: ReadonlySet<string>): boolean {
  if (changed.has(path)) return true
  const stem = path.replace(/\.ts$/, '.')
  return [...changed].some((other) => other.startsWith(stem) && !other.endsWith('.ts'))
}

/** Files that changed, in folders that are added as they become known. */
class Changes {
  readonly #watchers = new Map<string, FSWatcher>()
  #changed = new Set<string>()
  #wake: (() => void) | undefined

  watch(folders: readonly string[]): void {
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue
      const watcher = watch(folder, (_, name) => this.#note(name === null ? folder : `${folder}/${name}`))
      watcher.on('error', () => watcher.close())
      this.#watchers.set(folder, watcher)
    }
  }

  /** Resolves once something has changed and all is quiet again; `first` is called at once. */
  async next(first: () => void): Promise<ReadonlySet<string>> {
    while (this.#changed.size === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    first()
    for (let seen = 0; seen !== this.#changed.size; ) {
      seen = this.#changed.size
      await new Promise((resolve) => setTimeout(resolve, SETTLE))
    }
    const changed = this.#changed
    this.#changed = new Set()
    return changed
  }

  #note(path: string): void {
    if (!/\.(?:ts|json|csv)$/.test(path) || path.endsWith('.fuzz.json')) return
    this.#changed.add(path)
    this.#wake?.()
  }
}

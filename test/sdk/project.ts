import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PATIENCE, until } from '../kit/wait.ts'

const BIN = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'sdk', 'bin', 'router-sdk.js')

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Milliseconds from start to exit. */
  readonly ms: number
}

/** A router author's folder, and the command that is run there. */
export class Project implements Disposable {
  readonly folder: string

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'router-sdk-test-'))
    for (const [name, text] of Object.entries(files)) this.write(name, text)
  }

  write(name: string, text: string): void {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }

  files(): string[] {
    return readdirSync(this.folder).sort()
  }

  /** Runs `router-sdk` to its end. */
  async run(words: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ran> {
    const started = performance.now()
    const running = new Running(this.folder, words, options.env ?? {})
    running.child.stdin?.end(options.input ?? '')
    const code = await running.exited()
    return { code, stdout: running.stdout, stderr: running.stderr, ms: performance.now() - started }
  }

  /** Starts `router-sdk` and leaves it running. */
  start(words: readonly string[]): Running {
    return new Running(this.folder, words, {})
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export class Running {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly #mark: string

  constructor(cwd: string, words: readonly string[], env: NodeJS.ProcessEnv) {
    // What it starts carries the mark, but for hosts, which have no environment: those are its children.
    this.#mark = cwd
    this.child = spawn(process.execPath, [BIN, ...words], {
      cwd,
      env: { ...process.env, NO_COLOR: '', CI: '', ...env, ROUTER_SDK_TEST: this.#mark },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
  }

  async exited(): Promise<number | null> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.child.kill('SIGKILL')
        reject(new Error(`it ran longer than ${2 * PATIENCE} ms:\n${this.stdout}\n${this.stderr}`))
      }, 2 * PATIENCE)
    })
    const ended = new Promise<number | null>((resolve) => this.child.once('close', resolve))
    return Promise.race([ended, late]).finally(() => clearTimeout(timer))
  }

  async prints(text: RegExp, from = 0): Promise<number> {
    return until(
      String(text),
      () => {
        const found = text.exec(this.stdout.slice(from))
        return found === null ? undefined : from + found.index + found[0].length
      },
      () => this.stdout + this.stderr,
    )
  }
}

export { descendants } from '../kit/descendants.ts'

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    return false
  }
}

/** A router whose `route(conn)` has this body. */
export function router(body: string, more = ''): string {
  return `import { defineRouter } from 'router-sdk'\n\nexport default defineRouter({\n  ${more}\n  route(conn) {\n    ${body}\n  },\n})\n`
}

/** Tests of the router `name.ts`. */
export function tests(name: string, ...lines: string[]): string {
  return `import * as client from 'router-sdk/testing'\n\nclient.routerTest('./${name}.ts', ({ given }) => {\n${lines.join('\n')}\n})\n`
}

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CompiledRouter, CompileFailure, compileRouter } from 'router-sdk/compile'

/** A router's folder below a directory of its own, for one test. */
export class Folder {
  readonly above: string
  readonly path: string

  constructor(files: Readonly<Record<string, string | Buffer>> = {}) {
    this.above = realpathSync(mkdtempSync(join(tmpdir(), 'compile-test-')))
    this.path = join(this.above, 'routers')
    mkdirSync(this.path)
    for (const [name, content] of Object.entries(files)) this.write(name, content)
  }

  write(name: string, content: string | Buffer): void {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }

  compile(options: { file?: string; subfolders?: boolean; sourceBytes?: number; compileTime?: number } = {}) {
    const { file = 'r.ts', subfolders = false, sourceBytes = 262_144, compileTime = 10_000 } = options
    const limits = { sourceBytes, compileTime }
    return compileRouter({ file: join(this.path, file), folder: this.path, subfolders, limits })
  }

  [Symbol.dispose](): void {
    rmSync(this.above, { recursive: true, force: true })
  }
}

/** The failure of a compilation that must fail. */
export async function failureOf(compiling: Promise<CompiledRouter>): Promise<CompileFailure> {
  try {
    const { code } = await compiling
    throw new Error(`compiled, though it should not: ${code.slice(0, 2000)}`)
  } catch (error) {
    if (error instanceof CompileFailure) return error
    throw error
  }
}

/** `file:line:column: text` of each diagnostic. */
export async function complaintsOf(compiling: Promise<CompiledRouter>): Promise<string[]> {
  const { diagnostics } = await failureOf(compiling)
  return diagnostics.map(({ file, line, column, text }) => `${file}:${line}:${column}: ${text}`)
}

export const GOOD = `import { defineRouter } from 'router-sdk'

export default defineRouter({
  listen: 8080,
  route(conn) {
    if (conn.bytes.length < 4) return { noop: true }
    return conn.text.startsWith('GET ') ? { remote: '127.0.0.1:80' } : { close: true }
  },
})
`

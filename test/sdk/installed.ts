import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPOSITORY: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const NPM_TIME = 120_000
const RUN_TIME = 30_000
const NO_NETWORK = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b|network/i

/** How a command ended. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A folder of somebody who has no repository, with both packages installed from their tarballs. */
export class Installed implements Disposable {
  readonly folder: string
  readonly tarballs: readonly string[]
  readonly #scratch: string

  /** A text says why the packages that ours depend on cannot be had. */
  static async make(): Promise<Installed | string> {
    const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'pointsman-packed-')))
    const build = join(scratch, 'build')
    const built = await run(process.execPath, [join(REPOSITORY, 'scripts', 'build.ts'), build], scratch, NPM_TIME)
    if (built.code !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`)
    const packed = await run(
      'npm',
      ['pack', './router-sdk', './pointsman', '--pack-destination', scratch],
      build,
      NPM_TIME,
    )
    if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`)
    rmSync(build, { recursive: true }) // nothing may be found there later
    const installed = new Installed(scratch)
    const words = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...installed.tarballs]
    const { code, stderr } = await run('npm', words, installed.folder, NPM_TIME)
    if (code === 0) return installed
    if (!NO_NETWORK.test(stderr) || process.env.CI !== undefined) throw new Error(`npm install failed:\n${stderr}`)
    installed[Symbol.dispose]()
    return `the packages that ours depend on cannot be had: ${/npm error .*/.exec(stderr)?.[0] ?? ''}`
  }

  private constructor(scratch: string) {
    this.#scratch = scratch
    this.folder = join(scratch, 'new')
    this.tarballs = readdirSync(scratch)
      .filter((name) => name.endsWith('.tgz'))
      .map((name) => join(scratch, name))
    mkdirSync(this.folder)
    // As `npm init` writes it today: files beside it whose names do not say otherwise are scripts.
    this.write('package.json', '{ "name": "new", "version": "1.0.0", "type": "commonjs" }')
  }

  write(name: string, text: string): string {
    const file = join(this.folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }

  /** Runs one of the installed commands as its user would. */
  npx(...words: string[]): Promise<Ran> {
    return run('npx', ['--no-install', ...words], this.folder, RUN_TIME, this.environment)
  }

  /** A home of its own: nothing was kept there by other versions. */
  get environment(): NodeJS.ProcessEnv {
    return { ...strangers(), HOME: this.#scratch, XDG_CACHE_HOME: join(this.#scratch, 'cache') }
  }

  [Symbol.dispose](): void {
    rmSync(this.#scratch, { recursive: true, force: true })
  }
}

/** The environment without what npm and the test runner, of which we are children, have put into it. */
export function strangers(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_|^INIT_CWD$/.test(name))
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return { ...Object.fromEntries(own), PATH: path.join(delimiter) }
}

export function run(
  program: string,
  words: readonly string[],
  cwd: string,
  timeout: number,
  env: NodeJS.ProcessEnv = strangers(),
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(program, words, { cwd, timeout, env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr })
      if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr })
      reject(new Error(`${program} ${words.join(' ')} did not end by itself: ${stdout}${stderr}`, { cause: error }))
    })
  })
}

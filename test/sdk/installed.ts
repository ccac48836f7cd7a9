import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPOSITORY: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const NPM_TIME = 120_000
const RUN_TIME = 30_000
// Where there is no network this has to be known soon: npm would otherwise try for minutes.
const RETRIES = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=1000']
const NPM_OPTIONS = ['--prefer-offline', '--no-audit', '--no-fund', ...RETRIES]
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
    let made: Installed | string = ''
    try {
      await pack(scratch)
      const installed = new Installed(scratch)
      const { code, stderr } = await run(
        'npm',
        ['install', ...NPM_OPTIONS, ...installed.tarballs],
        installed.folder,
        NPM_TIME,
      )
      if (code === 0) made = installed
      else if (!NO_NETWORK.test(stderr) || process.env.CI !== undefined)
        throw new Error(`npm install failed:\n${stderr}`)
      else made = `the packages that ours depend on cannot be had: ${/npm error .*/.exec(stderr)?.[0] ?? ''}`
      return made
    } finally {
      if (!(made instanceof Installed)) rmSync(scratch, { recursive: true })
    }
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

  /** Runs one of the installed commands as its user would, by npx, which takes its time. */
  npx(...words: string[]): Promise<Ran> {
    return run('npx', ['--no-install', ...words], this.folder, RUN_TIME, this.environment)
  }

  /** Runs what npx would run. */
  command(name: string, ...words: string[]): Promise<Ran> {
    return this.commandIn('.', name, ...words)
  }

  /** The same in a folder below. */
  commandIn(folder: string, name: string, ...words: string[]): Promise<Ran> {
    return run(this.program(name), words, join(this.folder, folder), RUN_TIME, this.environment)
  }

  program(name: string): string {
    return join(this.folder, 'node_modules', '.bin', name)
  }

  /** A home of its own: nothing was kept there by other versions. */
  get environment(): NodeJS.ProcessEnv {
    return { ...strangers(), HOME: this.#scratch, XDG_CACHE_HOME: join(this.#scratch, 'cache') }
  }

  [Symbol.dispose](): void {
    rmSync(this.#scratch, { recursive: true, force: true })
  }
}

async function pack(into: string): Promise<void> {
  const build = join(into, 'build')
  const built = await run(process.execPath, [join(REPOSITORY, 'scripts', 'build.ts'), build], into, NPM_TIME)
  if (built.code !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`)
  const words = ['pack', './router-sdk', './pointsman', '--pack-destination', into]
  const packed = await run('npm', words, build, NPM_TIME)
  if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`)
  rmSync(build, { recursive: true }) // nothing may be found there later
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

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'

const START_TIME = 10_000

/** A real `git daemon` with one owner's repositories, on a port of the system's choice. */
export class GitHome {
  readonly owner: string
  readonly port: number
  readonly folder: string
  readonly #daemon: ChildProcess

  /** Serves `<folder>/<owner>/site.git`, made here with one commit, and lets clients push to it. */
  static async start(owner: string, folder: string): Promise<GitHome> {
    const bare = join(folder, owner, 'site.git')
    mkdirSync(bare, { recursive: true })
    git(bare, 'init', '--quiet', '--bare', '--initial-branch=main')
    const work = join(folder, `${owner}-work`)
    git(folder, 'clone', '--quiet', bare, work)
    writeFileSync(join(work, 'README'), `the site of ${owner}\n`)
    git(work, 'add', 'README')
    git(work, 'commit', '--quiet', '-m', 'the first page')
    git(work, 'push', '--quiet', 'origin', 'HEAD:main')
    const port = await freePort()
    const home = new GitHome(owner, port, folder)
    await home.#answers()
    return home
  }

  private constructor(owner: string, port: number, folder: string) {
    this.owner = owner
    this.port = port
    this.folder = folder
    const words = [
      '--listen=127.0.0.1',
      `--port=${port}`,
      '--reuseaddr',
      '--export-all',
      '--max-connections=0',
      '--enable=receive-pack',
    ]
    this.#daemon = spawn('git', ['daemon', ...words, `--base-path=${folder}`, folder], {
      stdio: 'ignore',
      detached: true,
    })
  }

  stop(): void {
    // The daemon, which is a child of `git`, and whatever it serves just now: their group is theirs alone.
    if (this.#daemon.pid !== undefined) process.kill(-this.#daemon.pid, 'SIGKILL')
  }

  async #answers(): Promise<void> {
    const end = performance.now() + START_TIME
    while (!(await accepts(this.port))) {
      if (performance.now() > end)
        throw new Error(`the git daemon of ${this.owner} does not answer on port ${this.port}`)
      await new Promise((resume) => setTimeout(resume, 20))
    }
  }
}

/** Runs git as somebody whose own configuration does not matter. */
export function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd, encoding: 'utf8', env: GIT_ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] })
}

export const GIT_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.org',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.org',
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}

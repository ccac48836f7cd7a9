import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/lib/postgresql/15/bin']
const LIMIT = 64 * 1024 * 1024

/**
 * Why a test that needs these programs is skipped, or `false`. Where `CI` is set nothing is skipped: a program that is missing
 * there is a fault of the machine.
 */
export function missing(...programs: string[]): string | false {
  const absent = programs.filter((program) => find(program) === undefined)
  if (absent.length === 0) return false
  const reason = `needs ${absent.join(', ')}`
  if (process.env.CI !== undefined) throw new Error(`${reason}, and CI must have it`)
  return reason
}

/** The full path of a program, also where a user's PATH does not reach. */
export function find(program: string): string | undefined {
  for (const folder of FOLDERS) {
    try {
      execFileSync('test', ['-x', `${folder}/${program}`])
      return `${folder}/${program}`
    } catch {
      // the next folder
    }
  }
  return undefined
}

/** Runs a client to its end; what it printed, and its exit code whatever it is. */
export async function run(
  program: string,
  words: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { cwd, env = process.env, input } = options
  const running = promisify(execFile)(find(program) ?? program, words, {
    env,
    maxBuffer: LIMIT,
    timeout: 60_000,
    ...(cwd === undefined ? {} : { cwd }),
  })
  running.child.stdin?.end(input)
  try {
    const { stdout, stderr } = await running
    return { code: 0, stdout, stderr }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') throw error
    const { code, stdout = '', stderr = '' } = error as Error & { code: number; stdout?: string; stderr?: string }
    return { code, stdout, stderr }
  }
}

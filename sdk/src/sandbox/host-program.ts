import { chmod, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Made, made } from '../compile/kept.ts'
import { HOST_SOURCE } from '../compile/layout.ts'
import { OPERATORS } from '../limits.ts'
import { encodeLoad } from './frames.ts'
import { Held } from './held.ts'
import { makeHostFolder } from './host-folder.ts'
import { HostProcess } from './host-process.ts'
import { type Job, Loading } from './jobs.ts'

/** The program of a sandbox host, in one file, and everything else that it must be able to read. */
export interface HostProgram {
  readonly file: string
  readonly reads: readonly string[]
  /** Deletes the file; hosts that run go on. */
  remove(): Promise<void>
}

/**
 * Writes the host's program where any user can read it and only we can change it. It is a CommonJS module, since Node starts one
 * with a sixth less CPU time than an ES module, and loads the native part of isolated-vm itself, so that it can read nothing else.
 */
export async function installHostProgram(): Promise<HostProgram> {
  const addon = await isolatedVmAddon()
  const { code = '' } = await made('host', bundleHost)
  const folder = await makeHostFolder()
  const file = join(folder, 'host.cjs')
  await writeFile(file, withAddon(code, addon), { mode: 0o644 })
  await chmod(folder, 0o755)
  return { file, reads: [file, addon], remove: () => rm(folder, { recursive: true, force: true }) }
}

/** A host's program, which is the same wherever it is installed. Only who makes it needs the compiler. */
export async function bundleHost(): Promise<Made> {
  const { bundleProgram } = await import('../compile/bundle.ts')
  return { code: await bundleProgram(HOST_SOURCE) }
}

/** The file that isolated-vm would load itself, chosen in the same way: for this Node, system and C library. */
async function isolatedVmAddon(): Promise<string> {
  const isolatedVm = await realpath(createRequire(import.meta.url).resolve('isolated-vm'))
  const gypBuild: { path(folder: string): string } = createRequire(isolatedVm)('node-gyp-build')
  return realpath(gypBuild.path(dirname(isolatedVm)))
}

/** The program with what it imports of isolated-vm from its native part. */
function withAddon(code: string, addon: string): string {
  const found = code.split('require("isolated-vm")')
  if (found.length !== 2)
    throw new Error(`a host's program imports isolated-vm ${found.length - 1} times instead of once`)
  return found.join(`require(${JSON.stringify(addon)}).ivm`)
}

const PROBE_TIME = 10_000

/** Whether a host that is started with `command` becomes ready and loads a router. */
export function probeHost(command: readonly string[]): Promise<boolean> {
  const limits = { ...OPERATORS.limits, loadTime: 1000 }
  const code = 'var pointsmanRouter = { default: { route: () => ({ noop: true }) } }'
  return new Promise((resolve) => {
    const host: HostProcess<Job> = new HostProcess(command, false, {
      ready: () =>
        host.ask(loading, { wall: PROBE_TIME, cpu: 0, router: 0, beside: 0 }, (id) =>
          encodeLoad(id, { version: 1, limits, code }),
        ),
      answered: () => {},
      delivered: () => {},
      lost: () => finish(false),
    })
    const held = new Held({ id: 1, router: 'probe', code, ...OPERATORS, limits })
    const loading = new Loading(held, (result) => finish(!(result instanceof Error)))
    const timer = setTimeout(() => finish(false), PROBE_TIME)
    const finish = (works: boolean): void => {
      clearTimeout(timer)
      resolve(works)
      host.kill('exited', 'the probe is over')
    }
  })
}

import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import type * as Esbuild from 'esbuild'
import { childWith, processorTime } from '../sandbox/process-files.ts'
import { ESBUILD_WRAPPER } from './layout.ts'

/** esbuild, which runs as a service: one child process that answers builds until it is stopped, or dies of one. */
export type { BuildContext, BuildFailure, BuildOptions, BuildResult, Message, Plugin } from 'esbuild'

let loaded: typeof Esbuild | undefined

/** Nothing is written to files. */
export type Unwritten = Esbuild.BuildOptions & { write: false; metafile: true }

/** Starts a build. */
export function start(options: Unwritten): Promise<Esbuild.BuildResult<Unwritten>> {
  return bounded(() => service().build(options))
}

/** Opens a build that can be done again and again; what it has parsed and finds unchanged is not parsed again. */
export function open(options: Unwritten): Promise<Esbuild.BuildContext<Unwritten>> {
  return bounded(() => service().context(options))
}

/**
 * esbuild starts its service in the same turn when there is none, so what tells it how is in the environment for no longer than
 * that.
 */
function bounded<T>(act: () => T): T {
  const program = boundedProgram()
  if (program === undefined) return act()
  process.env.ESBUILD_BINARY_PATH = program.wrapper
  process.env.ROUTER_SDK_ESBUILD = program.real
  try {
    return act()
  } finally {
    delete process.env.ESBUILD_BINARY_PATH
    delete process.env.ROUTER_SDK_ESBUILD
  }
}

function service(): typeof Esbuild {
  const module: typeof Esbuild = loaded ?? createRequire(import.meta.url)('esbuild')
  loaded = module
  return module
}

/** The wrapper with limits on memory, where it works: Linux, and the installed program is where its package puts it. */
function boundedProgram(): { wrapper: string; real: string } | undefined {
  if (process.platform !== 'linux' || process.env.ESBUILD_BINARY_PATH !== undefined) return undefined
  try {
    accessSync(ESBUILD_WRAPPER, constants.X_OK)
    const fromEsbuild = createRequire(createRequire(import.meta.url).resolve('esbuild'))
    return { wrapper: ESBUILD_WRAPPER, real: fromEsbuild.resolve(`@esbuild/linux-${process.arch}/bin/esbuild`) }
  } catch {
    return undefined
  }
}

/** CPU milliseconds that the service uses from now on; infinite where the system does not say. */
export function serviceClock(): () => number {
  const since = pid()
  const before = since === undefined ? 0 : (processorTime(since) ?? 0)
  return () => {
    const now = pid()
    const time = now === undefined ? undefined : processorTime(now)
    if (time === undefined) return Number.POSITIVE_INFINITY
    return now === since ? time - before : time
  }
}

let knownPid: number | undefined

/** esbuild does not say it. */
function pid(): number | undefined {
  if (knownPid === undefined || processorTime(knownPid) === undefined) knownPid = childWith('--service=')
  return knownPid
}

/** Ends the service, if there is one; the next build starts another. Builds that it was doing fail. */
export async function stopService(): Promise<void> {
  await loaded?.stop()
}

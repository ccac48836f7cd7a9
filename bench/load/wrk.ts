import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LOAD_CORE } from '../machine.ts'
import { cpuTime, type Program } from '../programs.ts'

const SCRIPT = fileURLToPath(new URL('requests.lua', import.meta.url))
const AT_ONCE = 32
let runs = 0

/** What connections cost that are opened, used for one request and closed, one after the other, 32 at once. */
export interface Cost {
  /** User and system time of all the program's processes, in microseconds. */
  readonly cpuMicroseconds: number
  readonly perSecond: number
  /** Of them all, between 0 and 1: refused, reset, timed out, or answered wrongly. */
  readonly failed: number
}

/** `alike` of ten connections begin with the same bytes; the others begin like no other. `wrk` counts in whole seconds. */
export async function connectionCost(program: Program, time: number, alike: number): Promise<Cost> {
  const seconds = Math.max(1, Math.round(time))
  const words = ['-c', String(LOAD_CORE), 'wrk', '-t1', `-c${AT_ONCE}`, `-d${seconds}s`, '-s', SCRIPT]
  const env = { ...process.env, ALIKE: String(alike), RUN: `${process.pid}-${++runs}-` }
  const before = cpuTime(program)
  const limit = { env, timeout: (seconds + 15) * 1000, killSignal: 'SIGKILL' } as const
  const { stdout } = await promisify(execFile)('taskset', [...words, `http://127.0.0.1:${program.port}/`], limit)
  const used = cpuTime(program) - before
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? Number.NaN)
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? []
  const wrong = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0)
  const failed = errors.reduce((sum, count) => sum + Number(count), wrong)
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN)
  return { cpuMicroseconds: used / requests, perSecond, failed: failed / (requests + failed) }
}

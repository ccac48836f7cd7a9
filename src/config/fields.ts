import { DEFAULTS } from 'router-sdk/limits'
import { z } from 'zod'

/** The kinds of values that settings have: each message says what is allowed; `problems.ts` puts the path and what was found in front. */
export const KiB = 1024
export const MiB = 1024 * KiB
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const whole = (least: number, most: number, byDefault: number, unit = '') => {
  const allowed = `a whole number${unit === '' ? '' : ` of ${unit}`} from ${least} to ${most}`
  return z.int(allowed).min(least, allowed).max(most, allowed).default(byDefault)
}
export const milliseconds = (least: number, most: number, byDefault: number) =>
  whole(least, most, byDefault, 'milliseconds')
export const bytes = (least: number, most: number, byDefault: number) => whole(least, most, byDefault, 'bytes')
export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, `an object with any of ${Object.keys(shape).join(', ')}`)
export const path = z.string('the path of a file').min(1, 'the path of a file')
export const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.enum(names, `one of ${names.map((name) => JSON.stringify(name)).join(', ')}`)

/** Heap of one isolate. */
export const isolateMemory = bytes(8 * MiB, 4096 * MiB, DEFAULTS.isolateMemory).refine(
  (size) => size % MiB === 0,
  'a multiple of 1048576 bytes',
)
export const sourceBytes = bytes(1024, 64 * MiB, DEFAULTS.sourceBytes)
export const decisionTime = milliseconds(1, 10_000, DEFAULTS.decisionTime)
export const loadTime = milliseconds(1, 60_000, DEFAULTS.loadTime)
/** Decisions that are remembered; 0 remembers none. */
export const memoBytes = (byDefault: number) => bytes(0, 1024 * MiB, byDefault)
export const compileTime = milliseconds(100, 60_000, DEFAULTS.compileTime)
export const prereadBytes = bytes(1, MiB, DEFAULTS.prereadBytes)
export const prereadTime = milliseconds(10, HOUR, DEFAULTS.prereadTime)

import { availableParallelism } from 'node:os'
import { runChecker } from './checker.ts'
import { inProgram, type Layout } from './program.ts'
import type { Sources } from './sources.ts'

/** Routers of one run. */
const MOST_ROUTERS = 64
/** A run of so few is not shared with another. */
const WORTH_A_RUN = 8
/** Together, in characters: a run has the memory of one router's. */
const MOST_TEXT = 512 * 1024
/** Runs of one group: each but the first leaves out the routers that the one before found errors in. */
const MOST_RUNS = 3
/** Whose turn a run of many owners is. */
const EVERYBODY = ''
const RUNS_AT_ONCE = Math.max(1, availableParallelism())
/** `declare global` and `declare module` reach other files of a program, and so do references. */
const REACHES_OUT = /declare|\/\/\//

interface Waiting {
  readonly sources: Sources
  readonly time: number
  readonly known: (right: boolean) => void
}

const waiting: Waiting[] = []
let running = 0

/**
 * Whether the types of a router are known to be right, found out for many routers in one run of the checker: for the start of a
 * program with thousands. `false` says nothing; the router is then to be checked alone. Nothing that is wrong with one makes
 * another pass: all that counts is a run without any error, of modules that cannot reach each other. `time`: milliseconds.
 */
export function isRightTogether(sources: Sources, time: number): Promise<boolean> {
  if ([...sources.texts.values()].some((text) => REACHES_OUT.test(text))) return Promise.resolve(false)
  return new Promise((known) => {
    waiting.push({ sources, time, known })
    // Those that come in the same turn of the event loop, and what it brings, go together.
    setImmediate(begin)
  })
}

function begin(): void {
  while (running < RUNS_AT_ONCE && waiting.length > 0) {
    running++
    const group = nextGroup()
    void judge(group)
      .catch(() => new Set<Sources>())
      .then((right) => {
        running--
        for (const { sources, known } of group) known(right.has(sources))
        begin()
      })
  }
}

function nextGroup(): Waiting[] {
  let text = 0
  let count = 0
  // Shared between the runs that there can be now.
  const most = Math.min(MOST_ROUTERS, Math.max(WORTH_A_RUN, Math.ceil(waiting.length / (RUNS_AT_ONCE - running + 1))))
  for (const { sources } of waiting) {
    for (const one of sources.texts.values()) text += one.length
    if (count === most || (count > 0 && text > MOST_TEXT)) break
    count++
  }
  return waiting.splice(0, count)
}

async function judge(group: readonly Waiting[]): Promise<ReadonlySet<Sources>> {
  let left = group
  for (let run = 1; run <= MOST_RUNS && left.length > 0; run++) {
    const time = Math.min(...left.map((one) => one.time))
    const result = await inProgram(
      left.map(({ sources }) => sources),
      async (layout) => ({ layout, ...(await runChecker(layout.folder, { owner: EVERYBODY, time })) }),
    )
    if (result.end === 'clean') return new Set(left.map(({ sources }) => sources))
    if (result.end !== 'errors') break // too much for one run: whose fault it is shows when each is checked alone
    const wrong = withErrors(result.layout, result.output)
    if (wrong.size === 0) break
    left = left.filter((_one, index) => !wrong.has(index))
  }
  return new Set()
}

/** The indices of the routers in whose files there are errors. */
function withErrors({ folder, sdk, routers }: Layout, output: string): ReadonlySet<number> {
  const wrong = new Set<number>()
  for (const line of output.replaceAll(`${folder}/`, '').replaceAll(`${sdk}/`, '').split('\n')) {
    const index = routers.indexOf(/^([\w-]+)\/.+?\(\d+,\d+\): error TS/.exec(line)?.[1] ?? '')
    if (index >= 0) wrong.add(index)
  }
  return wrong
}

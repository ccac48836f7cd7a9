import { Workbench, type WorkbenchOptions } from '../testing/workbench.ts'

const INTERRUPTED = 130

/**
 * Does `work` with a workbench, and puts everything away afterwards, also when a person interrupts it: `interrupted` is then called
 * the first time, for work that is ended in that way; what gives none ends at once.
 */
export async function withBench<T>(
  options: WorkbenchOptions & { readonly interrupted?: (() => void) | undefined },
  work: (bench: Workbench) => Promise<T>,
): Promise<T> {
  const bench = new Workbench(options)
  const interrupted = options.interrupted ?? ((): void => void bench.close().finally(() => process.exit(INTERRUPTED)))
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  try {
    return await work(bench)
  } finally {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
    await bench.close()
  }
}

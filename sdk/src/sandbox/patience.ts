/** Wall time for each millisecond of CPU time, where a router may get little of the processor. */
const PATIENCE = 3

/**
 * Wall milliseconds in which a router may use up `allowed` milliseconds of CPU time: in a penalty host, where no neighbour's
 * questions stand behind it, and in any other while the machine is seen to be busy.
 */
export function patience(allowed: number): number {
  return PATIENCE * allowed
}

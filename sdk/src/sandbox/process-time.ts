/**
 * CPU microseconds of this process, the kernel's included: one system call, about 1 µs. What the threads do that compile and
 * collect garbage for a router is among it. isolated-vm's own clock of an isolate is no CPU clock in its prebuilt form: it goes
 * on while others have the processor, and would blame a router for that. The time of a single thread (getrusage(2)) is exact to
 * a tick of the scheduler only.
 */
export function processTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** How long a test waits for an event before it fails and says what it saw, in milliseconds. */
export const PATIENCE = 15_000
const POLL = 10

/** Polls until `found` gives something other than `undefined`; a wait that fails prints what `saw` has. */
export async function until<T>(
  what: string,
  found: () => T | undefined | Promise<T | undefined>,
  saw: () => unknown = () => 'nothing',
  patience: number = PATIENCE,
): Promise<T> {
  const end = performance.now() + patience
  for (;;) {
    const value = await found()
    if (value !== undefined) return value
    if (performance.now() > end) {
      const seen = saw()
      throw new Error(
        `waited ${patience} ms for ${what}; saw ${typeof seen === 'string' ? seen : JSON.stringify(seen, null, 1)}`,
      )
    }
    await new Promise((resume) => setTimeout(resume, POLL))
  }
}

/** A promise that must settle in time. */
export async function within<T>(what: string, promise: Promise<T>, patience: number = PATIENCE): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${patience} ms`)), patience)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

import { setTimeout as delay } from 'node:timers/promises'

const POLL = 2 // milliseconds

/** Waits until `holds`, at most `limit` milliseconds; then fails with what was awaited and what was seen instead. */
export async function eventually(
  awaited: string,
  holds: () => boolean,
  seen: () => unknown = () => 'nothing',
  limit = 5000,
): Promise<void> {
  const deadline = performance.now() + limit
  while (!holds()) {
    if (performance.now() > deadline)
      throw new Error(`waited ${limit} ms for ${awaited}; saw ${JSON.stringify(seen())}`)
    await delay(POLL)
  }
}

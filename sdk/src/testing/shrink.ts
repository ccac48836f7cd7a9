import { performance } from 'node:perf_hooks'

/** A failing input with less in it that still fails: shorter first, then with plainer bytes. */
export async function shrink(
  bytes: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
  /** Milliseconds. */
  time: number,
): Promise<Uint8Array> {
  const end = performance.now() + time
  const inTime = (): boolean => performance.now() < end
  let smallest = bytes
  for (let size = Math.ceil(smallest.length / 2); size >= 1 && inTime(); size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length && inTime(); ) {
      const candidate = without(smallest, at, size)
      if (await fails(candidate)) smallest = candidate
      else at += size
    }
  }
  for (let at = 0; at < smallest.length && inTime(); at++) {
    if (smallest[at] === PLAIN) continue
    const candidate = smallest.with(at, PLAIN)
    if (await fails(candidate)) smallest = candidate
  }
  return smallest
}

const PLAIN = 0x41 // A

function without(bytes: Uint8Array, at: number, size: number): Uint8Array {
  const left = new Uint8Array(Math.max(at, bytes.length - size))
  left.set(bytes.subarray(0, at))
  left.set(bytes.subarray(at + size), at)
  return left
}

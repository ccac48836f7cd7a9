import { randomInt } from 'node:crypto'
import { READ } from 'router-sdk/sandbox'
import type { Inquiry } from './decide.ts'

/** Clients choose the bytes: nobody outside can know which of them have the same hash. */
const SEED = randomInt(2 ** 32)

/**
 * A number of 30 bits, which V8 keeps without a heap object, for what of a question an answer `read`: by it alone nearly all questions
 * that were never asked before are told from those that were, without a string to be made, which costs a microsecond or two. What
 * has the same hash need not be the same.
 */
export function hashOf({ hook, bytes, facts }: Inquiry, read: number): number {
  const { final, client, local, listener } = facts
  let hash = mix(SEED, read + (hook === 'route' ? 256 : 512) + (final && (read & READ.final) !== 0 ? 1024 : 0))
  if ((read & READ.clientAddress) !== 0) hash = mixText(hash, client.address)
  if ((read & READ.localAddress) !== 0) hash = mixText(hash, local.address)
  if ((read & READ.localPort) !== 0) hash = mix(hash, local.port)
  if ((read & READ.listener) !== 0) hash = mixText(hash, listener)
  if ((read & READ.bytes) !== 0) hash = mixBytes(hash, bytes)
  return finish(hash)
}

function mixText(hash: number, text: string): number {
  for (let at = 0; at < text.length; at++) hash = mix(hash, text.charCodeAt(at))
  return mix(hash, text.length)
}

/** Four at a time. */
function mixBytes(hash: number, bytes: Buffer): number {
  const { length } = bytes
  let at = 0
  for (; at + 4 <= length; at += 4)
    hash = mix(
      hash,
      byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24),
    )
  for (; at < length; at++) hash = mix(hash, byte(bytes, at))
  return mix(hash, length)
}

function byte(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0
}

/** One round of MurmurHash3 for 32 bits. */
function mix(hash: number, word: number): number {
  const first = Math.imul(word, 0xcc9e2d51)
  const second = hash ^ Math.imul((first << 15) | (first >>> 17), 0x1b873593)
  return (Math.imul((second << 13) | (second >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return (second ^ (second >>> 16)) >>> 2
}

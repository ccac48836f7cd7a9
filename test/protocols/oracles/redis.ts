import Parser from 'redis-parser'
import { redisCommand } from 'router-sdk/protocols'
import { redis as command } from 'router-sdk/testing'
import * as fixtures from '../../fixtures/protocols/redis.ts'
import { bytesOf, type Oracle, oneMark, reasonOf } from './oracle.ts'

/** redis-parser reads what servers say, of which a command is one kind: an array of strings. */
export const redis: Oracle = {
  name: 'redis-parser',
  fixtures: [...Object.values(fixtures), bytesOf(command('SET', 'shop:1', 'a value')), bytesOf(command('PING'))],
  mutants: 10_000,
  bothRead: 1000,
  compare(bytes) {
    if (bytes[0] !== 0x2a) return { kind: 'neither' }
    const ours = redisCommand(bytes)
    const theirs = read(bytes)
    if (ours.match !== 'yes')
      return theirs === undefined ? { kind: 'neither' } : { kind: 'theirs', reason: whyRefused(bytes, theirs) }
    if (theirs === undefined) return { kind: 'ours', reason: undefined }
    const [name = '', ...args] = theirs.map(String)
    return { kind: 'both', ours: comparable(ours.name, ours.args), theirs: comparable(name.toUpperCase(), args) }
  },
}

/** The first array, when there is one. */
function read(bytes: Uint8Array): readonly unknown[] | undefined {
  const replies: unknown[] = []
  const returnReply = (reply: unknown) => replies.push(reply)
  try {
    new Parser({ returnReply, returnError: returnReply, returnBuffers: true }).execute(Buffer.from(bytes))
  } catch {
    // Of what comes behind the first array.
  }
  const [first] = replies
  return Array.isArray(first) ? first : undefined
}

function whyRefused(bytes: Uint8Array, words: readonly unknown[]): string | undefined {
  const exact = Buffer.concat([
    Buffer.from(`*${words.length}\r\n`),
    ...words.flatMap((word) =>
      Buffer.isBuffer(word) ? [Buffer.from(`$${word.length}\r\n`), word, Buffer.from('\r\n')] : [],
    ),
  ])
  return reasonOf({
    'it has no words': words.length === 0,
    'a word is no string': !words.every(Buffer.isBuffer),
    'its name is empty': Buffer.isBuffer(words[0]) && words[0].length === 0,
    'a length or a line end is not written as a client writes it': !exact.equals(bytes.subarray(0, exact.length)),
  })
}

function comparable(name: string, args: readonly string[]): readonly string[] {
  return [name, ...args].map(oneMark)
}

import type { Facts, Hook, Question } from './sandbox.ts'

/**
 * A question as an isolate is asked it: one string of one character a byte, since each further argument of a call costs as much as
 * the facts. The worker writes it, a host passes it on unread, the bootstrap takes it apart:
 *
 * hook u8, and 4 more where it is the last question · length of facts u32, little-endian · facts as JSON in ASCII · bytes
 *
 * An empty one asks the router to describe itself. Several of one version may be asked by one call (`questionsTogether`):
 *
 * 8 · for each question its length u32, little-endian · the question
 *
 * Their answers come in lines, in the same order.
 */
const HOOKS: readonly Hook[] = ['route', 'onConnect', 'onConnectError', 'onInactivity']
const LAST = 4
const HEAD = 5
const TOGETHER = 8

/** What a question takes beside its facts and bytes, in bytes. */
export const QUESTION_HEAD = HEAD

/** Its facts as they stand in it. */
export function factsText(facts: Facts): string {
  const json = JSON.stringify(facts)
  if (Buffer.byteLength(json) === json.length) return json
  return json.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Writes a question at `at`; `facts` come from `factsText`. */
export function writeQuestion(into: Buffer, at: number, { hook, facts, bytes }: Question, factsJson: string): void {
  into[at] = HOOKS.indexOf(hook) + (facts.final ? LAST : 0)
  into.writeUInt32LE(factsJson.length, at + 1)
  into.write(factsJson, at + HEAD, 'latin1')
  into.set(bytes, at + HEAD + factsJson.length)
}

/** The whole question. */
export function questionText(question: Question): string {
  const facts = factsText(question.facts)
  const buffer = Buffer.allocUnsafe(HEAD + facts.length + question.bytes.length)
  writeQuestion(buffer, 0, question, facts)
  return buffer.toString('latin1')
}

/** Questions of one version, each as `questionText` has it, as one. */
export function questionsTogether(questions: readonly string[]): string {
  let text = String.fromCharCode(TOGETHER)
  for (const question of questions) {
    const { length } = question
    text += String.fromCharCode(length & 255, (length >>> 8) & 255, (length >>> 16) & 255, length >>> 24) + question
  }
  return text
}

/** The bytes that a question is about, one character a byte. */
export function bytesOf(question: string): string {
  const length = Buffer.from(question.slice(1, HEAD), 'latin1').readUInt32LE(0)
  return question.slice(HEAD + length)
}

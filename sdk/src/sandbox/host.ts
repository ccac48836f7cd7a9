/**
 * A sandbox host: a process that holds isolates and two sockets, its channel to the worker: one for each way. It reads a frame,
 * answers it, and reads on, all synchronously: there is no event loop to block, an answer leaves before the next question is
 * begun (so that the first unanswered one is the culprit when this process has to be killed), and the end of the channel ends
 * the process. Questions about one version that come together, one behind the other, are one step: which router costs the host is known
 * all the same. Limits come with each version; it has no environment, and its arguments say only whether it is a penalty host, and
 * whether it is to be confined.
 */
import { readSync, writeSync } from 'node:fs'
import { type EngineAnswer, RouterEngine } from './engine.ts'
import {
  type AskFrame,
  DESCRIPTORS,
  decodeAsk,
  decodeLoad,
  decodeMeasure,
  decodeUnload,
  encodeAnswer,
  encodeReady,
  FRAME,
  type Frame,
  FrameReader,
} from './frames.ts'
import { hostRole } from './host-arguments.ts'
import { confineSystemCalls } from './seccomp.ts'

const READ_BYTES = 262_144
const ANY_LENGTH = 0xffffffff

const { penalty, confined } = hostRole(process.argv.slice(2))
const engine = new RouterEngine(penalty)
const reader = new FrameReader(ANY_LENGTH)
const chunk = Buffer.allocUnsafe(READ_BYTES)
/** Questions that were read and not asked yet, all about one version. */
const asked = { version: 0, ids: [] as number[], questions: [] as string[] }

// A terminal sends them to all of its foreground; whoever is to end goes when the channel does.
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, () => {})
// All that it is made of is loaded, and no tenant's code yet.
const exit = confined ? confineSystemCalls() : (code: number): void => process.exit(code)
write(encodeReady())
for (;;) {
  const length = readSync(DESCRIPTORS.questions, chunk, 0, READ_BYTES, null)
  if (length === 0) exit(0)
  reader.feed(chunk.subarray(0, length), take)
  answerAsked()
}

function take({ type, id, body }: Frame): void {
  if (type === FRAME.ask) return takeQuestion(id, decodeAsk(body))
  answerAsked()
  switch (type) {
    case FRAME.load: {
      const { version, limits, code } = decodeLoad(body)
      return write(toFrame(id, engine.load(version, code, limits)))
    }
    case FRAME.measure:
      return write(toFrame(id, engine.measure(decodeMeasure(body))))
    case FRAME.unload:
      return engine.unload(decodeUnload(body))
    default:
      throw new Error(`the worker sent a frame of type ${type}`)
  }
}

function takeQuestion(id: number, { version, question }: AskFrame): void {
  if (version !== asked.version) answerAsked()
  asked.version = version
  asked.ids.push(id)
  asked.questions.push(question)
}

function answerAsked(): void {
  const { version, ids, questions } = asked
  if (ids.length === 0) return
  const answers = ids.length === 1 ? undefined : engine.askTogether(version, questions)
  if (answers !== undefined) write(Buffer.concat(answers.map((answer, at) => toFrame(ids[at] ?? 0, answer))))
  else for (const [at, question] of questions.entries()) write(toFrame(ids[at] ?? 0, engine.ask(version, question)))
  ids.length = 0
  questions.length = 0
}

function toFrame(id: number, { status, json, cpu }: EngineAnswer): Buffer {
  return encodeAnswer(id, status, cpu, json)
}

function write(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(DESCRIPTORS.answers, bytes, at)
}

/**
 * A sandbox host that somebody has taken over: it speaks the protocol until it is asked about `attack`, and then does what its
 * first argument says. The second is a file's path.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import {
  DESCRIPTORS,
  decodeAsk,
  decodeLoad,
  encodeAnswer,
  encodeReady,
  FRAME,
  type Frame,
  FrameReader,
} from '../../../sdk/src/sandbox/frames.ts'
import { bytesOf } from '../../../sdk/src/sandbox/question-text.ts'

const questions = new Socket({ fd: DESCRIPTORS.questions, readable: true, writable: true })
const answers = new Socket({ fd: DESCRIPTORS.answers, readable: true, writable: true })
const [behaviour = '', flag = ''] = process.argv.slice(2)
const say = (id: number, what: unknown, cpu = 1): boolean =>
  answers.write(encodeAnswer(id, 'returned', cpu, JSON.stringify(what)))
const well = { answer: { close: 'well' } }

const BEHAVIOURS: Readonly<Record<string, (id: number) => void>> = {
  'half a frame': (id) => answers.write(encodeAnswer(id, 'returned', 1, JSON.stringify(well)).subarray(0, 12)),
  'an oversize frame': () => answers.write(Buffer.from([0xff, 0xff, 0xff, 0x7f, FRAME.answer])),
  'a gigabyte': () => flood(Buffer.alloc(1 << 20, 0x41), 1024),
  'bad JSON': (id) => answers.write(encodeAnswer(id, 'returned', 1, '{"answer":')),
  'JSON that is no answer': (id) => say(id, { lookup: { table: '../../etc', key: 'k' } }),
  'an unknown status': (id) => {
    const frame = encodeAnswer(id, 'returned', 1, JSON.stringify(well))
    frame[9] = 200
    answers.write(frame)
  },
  'a wrong id': (id) => say(id + 1, well),
  'a duplicate reply': (id) =>
    answers.write(Buffer.concat([1, 2].map(() => encodeAnswer(id, 'returned', 1, JSON.stringify(well))))),
  'ready a second time': () => answers.write(encodeReady()),
  'a frame of the worker’s': (id) => {
    const frame = encodeAnswer(id, 'returned', 1, '')
    frame[4] = FRAME.ask
    answers.write(frame)
  },
  'an answer that nobody asked for': (id) => {
    say(id, well)
    setTimeout(() => say(id + 1, well), 50)
  },
  'the beginning of one that nobody asked for': (id) => {
    say(id, well)
    setTimeout(() => answers.write(Buffer.from([9, 0])), 50)
  },
  'memory while nobody looks': (id) => {
    say(id, well)
    const kept: Buffer[] = []
    setInterval(() => kept.push(Buffer.alloc(32 << 20, 1)), 20)
  },
  'another upstream': (id) => say(id, { answer: { remote: '169.254.169.254:80' } }),
  'its end': () => process.abort(),
  'a frame that never ends': (id) =>
    dribble(encodeAnswer(id, 'returned', 1, JSON.stringify({ log: 'x'.repeat(1e6) })), 0),
  'that it would not ask, for ever': (id) => answers.write(encodeAnswer(id, 'elsewhere', 0, '')),
  'CPU time that it does not speak of': (id) => {
    burn(30)
    say(id, well, 0)
  },
  'CPU time when nobody asks': (id) => {
    say(id, well)
    setInterval(burn, 50, 40)
  },
  'an answer where it is only to listen': (id) =>
    questions.write(encodeAnswer(id, 'returned', 1, JSON.stringify(well))),
  'an hour of CPU time': (id) => say(id, well, 3_600_000_000),
}

function burn(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

function flood(chunk: Buffer, times: number): void {
  if (times > 0) answers.write(chunk, () => flood(chunk, times - 1))
}

/** A few bytes at a time, for as long as there are any. */
function dribble(bytes: Buffer, at: number): void {
  answers.write(bytes.subarray(at, at + 64))
  setTimeout(dribble, 1, bytes, at + 64)
}

/** What the first host does instead of beginning as it should; the second begins well. */
const BEGINNINGS: Readonly<Record<string, () => void>> = {
  'an answer before it is ready': () => say(1, well),
  'another version of the protocol': () => {
    const frame = encodeReady()
    frame.writeUInt32LE(99, 5)
    answers.write(frame)
  },
  'nothing at all': () => {},
}

function begin(): void {
  const beginning = BEGINNINGS[behaviour]
  if (beginning === undefined || existsSync(flag)) {
    answers.write(encodeReady())
    return
  }
  writeFileSync(flag, '')
  beginning()
}

/** Deaf when it loads `moody` and a file is there. */
function load(id: number, code: string): void {
  if (behaviour === 'loading' && code === 'moody' && existsSync(flag)) for (;;);
  say(id, { described: { hooks: ['route'] } })
}

function answer({ type, id, body }: Frame): void {
  if (type === FRAME.load) load(id, decodeLoad(body).code)
  if (type !== FRAME.ask) return
  const text = bytesOf(decodeAsk(body).question)
  if (text === 'attack') BEHAVIOURS[behaviour]?.(id)
  else say(id, text === '' ? { answer: { noop: true } } : well)
}

const reader = new FrameReader(1 << 30)
questions.on('data', (chunk: Buffer) => reader.feed(chunk, answer))
for (const way of [questions, answers]) {
  way.on('close', () => process.exit(0))
  way.on('error', () => process.exit(0))
}
begin()

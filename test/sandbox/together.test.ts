import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Reply } from 'router-sdk/sandbox'
import { type EngineAnswer, RouterEngine } from '../../sdk/src/sandbox/engine.ts'
import { questionText } from '../../sdk/src/sandbox/question-text.ts'
import { DEAF } from '../hostile/deaf.ts'
import { until } from '../kit/wait.ts'
import {
  answered,
  ask,
  closeText,
  failed,
  LIMITS,
  question,
  removeHostProgram,
  routing,
  VERSION_LIMITS,
  version,
  WatchedSandbox,
} from './sandboxes.ts'

after(removeHostProgram)

/** Does what its first bytes say. */
const CODE = routing(
  `
  const { text } = conn
  seen += text
  if (text === 'deaf') { ${DEAF} }
  if (text === 'loop') for (;;);
  if (text === 'fat') for (const held = []; ; ) held.push(new Array(100_000).fill(held.length))
  if (text === 'throw') throw new Error('thrown\\nin two lines')
  if (text === 'log') conn.log('a line', 'and\\nmore')
  if (text === 'look-up') conn.lookup('table', 'key')
  if (text === 'bad') return { close: {} }
  if (text === 'seen') return { close: seen }
  if (text === 'lines') return { close: 'one\\ntwo\\u2028three' }
  return { close: text + ' ' + conn.client.port + (conn.final ? ' last' : '') }`,
  "let seen = ''",
)

/** A sandbox in which questions about version 1 are known to be quick: those of one turn reach their host together. */
async function quick(): Promise<WatchedSandbox> {
  const watched = await WatchedSandbox.start()
  await watched.sandbox.load(version(1, CODE))
  const costs: number[][] = []
  await until(
    'questions that are asked by one call, whose answers have cost the same',
    async () => {
      const cost = (await askAll(watched, ['a', 'b', 'c', 'd', 'e', 'f'])).map(({ cpu }) => cpu)
      costs.push(cost)
      return new Set(cost).size === 1 ? true : undefined
    },
    () => costs.slice(-3),
  )
  return watched
}

function askAll({ sandbox }: WatchedSandbox, texts: readonly string[]): Promise<Reply[]> {
  return Promise.all(texts.map((text) => ask(sandbox, 1, question(text))))
}

/** What came of it, in few words. */
function sum(reply: Reply): string {
  return reply.kind === 'answered'
    ? (closeText(reply).split(' ')[0] ?? '')
    : reply.kind === 'failed'
      ? reply.failure
      : reply.kind
}

test('questions that are asked by one call are answered as each would be by itself', () => {
  const engine = new RouterEngine(false)
  try {
    engine.load(1, CODE, { ...LIMITS, ...VERSION_LIMITS })
    engine.load(2, CODE, { ...LIMITS, ...VERSION_LIMITS })
    const texts = ['', 'x', 'throw', 'log', 'look-up', 'bad', 'lines', '\n', '\0\xff', 'seen', 'y'.repeat(70_000), 'z']
    const questions = [
      ...texts.map((text) => question(text)),
      question('x', { final: true, client: { address: '2001:db8::1', port: 7 } }),
      question('x', {}, 'onConnect'),
      question('x', { lookups: { table: { key: 'välue\u2028' } } }),
    ].map(questionText)
    const together = engine.askTogether(1, questions)
    const alone = questions.map((each) => engine.ask(2, each))
    const ofRouter = ({ status, json }: EngineAnswer) => [
      status,
      json.replaceAll(/\\n {4}at \w+ \(bootstrap[^)]*\)/g, ''),
    ]
    assert.deepEqual(together?.map(ofRouter), alone.map(ofRouter))
  } finally {
    engine.close()
  }
})

test('none are asked by one call where a decision may take hardly longer than several that are quick', () => {
  const engine = new RouterEngine(false)
  try {
    engine.load(1, CODE, { ...LIMITS, ...VERSION_LIMITS, decisionTime: 4 })
    engine.load(2, CODE, { ...LIMITS, ...VERSION_LIMITS, decisionTime: 5 })
    const questions = ['', ''].map((text) => questionText(question(text)))
    assert.equal(engine.askTogether(1, questions), undefined)
    assert.equal(engine.askTogether(2, questions)?.length, 2)
  } finally {
    engine.close()
  }
})

test('each has its own answer, whatever that of its neighbours is', async () => {
  await using watched = await quick()
  const replies = await askAll(watched, ['a', 'throw', 'look-up', 'b', 'log'])
  assert.deepEqual(replies.map(sum), ['a', 'threw', 'lookup', 'b', 'log'])
  assert.deepEqual(answered(replies[4] as Reply).log, ['a line and\\u000amore'])
})

test('one that never ends fails by itself, when its time is up', async () => {
  await using watched = await quick()
  const replies = await askAll(watched, ['a', 'b', 'loop', 'c', 'd'])
  assert.deepEqual(replies.map(sum), ['a', 'b', 'timeout', 'c', 'd'])
})

test('one that runs out of memory fails by itself', async () => {
  await using watched = await quick()
  const replies = await askAll(watched, ['a', 'b', 'fat', 'c', 'd'])
  assert.deepEqual(replies.map(sum), ['a', 'b', 'memory', 'c', 'd'])
})

test('a router that keeps more and more has one question that fails when its memory is full', () => {
  const engine = new RouterEngine(false)
  try {
    engine.load(1, routing('kept.push(conn.text)\n  return { close: true }', 'const kept = []'), {
      ...LIMITS,
      ...VERSION_LIMITS,
    })
    const questions = Array.from({ length: 4 }, (_, at) => questionText(question(`${at}`.padEnd(60_000))))
    const ends: string[][] = []
    for (let round = 0; ends.length === 0 && round < 1000; round++)
      if (engine.askTogether(1, questions) === undefined) ends.push(questions.map((each) => engine.ask(1, each).status))
    assert.deepEqual(ends, [['returned', 'returned', 'returned', 'memory']])
    assert.equal(engine.ask(1, questionText(question('x'))).status, 'elsewhere')
  } finally {
    engine.close()
  }
})

test('one that costs the host fails by itself, and the router has its strikes', async () => {
  await using watched = await quick()
  const replies = await askAll(watched, ['a', 'b', 'deaf', 'c', 'd'])
  assert.deepEqual(replies.map(sum), ['a', 'b', 'killed', 'c', 'd'])
  assert.match(failed(replies[2] as Reply).message, /its sandbox host was killed: no answer after/)
  const strikes = watched.events.filter(({ kind }) => kind === 'strike').length
  assert.ok(strikes === 1 || strikes === 2, `${strikes} strikes`) // one if it happened to be asked by itself
})

for (const signal of ['SIGSEGV', 'SIGKILL'] as const)
  test(`all are asked again when their host is ended by ${signal}`, async () => {
    await using watched = await quick()
    const { pids } = watched.sandbox
    for (const pid of pids) process.kill(pid, 'SIGSTOP') // it has the questions, and cannot answer them
    const replies = askAll(watched, ['a', 'b', 'c', 'd'])
    for (const pid of pids) process.kill(pid, signal)
    for (const pid of pids) process.kill(pid, 'SIGCONT')
    assert.deepEqual((await replies).map(sum), ['a', 'b', 'c', 'd'])
    assert.deepEqual(watched.sandbox.standings(), [])
  })

test('each fails by itself when their sandbox is closed', async () => {
  const watched = await quick()
  const { pids } = watched.sandbox
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  const replies = askAll(watched, ['a', 'b', 'c'])
  await watched.sandbox.close()
  assert.deepEqual((await replies).map(sum), ['unavailable', 'unavailable', 'unavailable'])
})

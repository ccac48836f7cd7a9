import assert from 'node:assert/strict'
import { it } from 'node:test'
import { RouterEngine } from '../../sdk/src/sandbox/engine.ts'
import { RouterIsolate } from '../../sdk/src/sandbox/isolate.ts'
import { questionText } from '../../sdk/src/sandbox/question-text.ts'
import { LIMITS, question, routing, VERSION_LIMITS } from './sandboxes.ts'

const limits = { ...LIMITS, ...VERSION_LIMITS, decisionTime: 20 }
const asked = questionText(question('x'))

it('a router that was not given the processor is to be asked elsewhere, and answers here when it has it again', (context) => {
  const engine = new RouterEngine(false)
  try {
    engine.load(1, routing(`return { close: 'well' }`), limits)
    const call = context.mock.method(RouterIsolate.prototype, 'call', () => ({ kind: 'timeout' }) as const)
    assert.equal(engine.ask(1, asked).status, 'elsewhere')
    assert.equal(call.mock.callCount(), 3, 'two attempts, and the second isolate describes itself in between')
    call.mock.restore()
    assert.match(engine.ask(1, asked).json, /well/)
  } finally {
    engine.close()
  }
})

it('the same of a penalty host, which has patience for one attempt, and where it was struck by none', (context) => {
  const engine = new RouterEngine(true)
  try {
    engine.load(1, routing(`return { close: 'well' }`), limits)
    const call = context.mock.method(RouterIsolate.prototype, 'call', () => ({ kind: 'timeout' }) as const)
    assert.equal(engine.ask(1, asked).status, 'elsewhere')
    assert.equal(call.mock.callCount(), 1)
    call.mock.restore()
    assert.match(engine.ask(1, asked).json, /well/)
  } finally {
    engine.close()
  }
})

it('a router that had the processor and gave no answer is struck', () => {
  const engine = new RouterEngine(false)
  try {
    engine.load(1, routing('for (;;);'), { ...limits, decisionTime: 50 })
    const statuses = Array.from({ length: 20 }, () => engine.ask(1, asked).status)
    assert.ok(statuses.includes('timeout'), statuses.join())
    assert.equal(engine.ask(1, asked).status, 'elsewhere')
  } finally {
    engine.close()
  }
})

it('questions asked by one call that was not given the processor are to be asked one by one, for a while', (context) => {
  const engine = new RouterEngine(false)
  try {
    engine.load(1, routing(`return { close: 'well' }`), limits)
    const call = context.mock.method(RouterIsolate.prototype, 'call', () => ({ kind: 'timeout' }) as const)
    assert.equal(engine.askTogether(1, [asked, asked]), undefined)
    assert.equal(engine.askTogether(1, [asked, asked]), undefined)
    assert.equal(call.mock.callCount(), 1)
    call.mock.restore()
    assert.match(engine.ask(1, asked).json, /well/)
    assert.equal(engine.askTogether(1, [asked, asked]), undefined, 'while the machine counts as busy')
  } finally {
    engine.close()
  }
})

it('questions that used up the time of one together: the first is said to have, and none is asked there again', () => {
  const engine = new RouterEngine(false)
  try {
    engine.load(1, routing("if (conn.text === 'loop') for (;;);\nreturn { close: 'well' }"), {
      ...limits,
      decisionTime: 50,
    })
    const questions = ['a', 'loop', 'b'].map((text) => questionText(question(text)))
    const statuses = engine.askTogether(1, questions)?.map(({ status }) => status)
    // undefined on a machine that had no time for it
    if (statuses !== undefined) assert.deepEqual(statuses, ['timeout', 'elsewhere', 'elsewhere'])
    else assert.match(engine.ask(1, asked).json, /well/)
    assert.equal(engine.askTogether(1, [asked, asked]), undefined)
  } finally {
    engine.close()
  }
})

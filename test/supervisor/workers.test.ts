import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { OPERATORS } from 'router-sdk/limits'
import type { RouterDescription } from 'router-sdk/sandbox'
import { parseSettings } from '../../src/config/problems.ts'
import { type Connections, WarmFailure, type WorkerLink, WorkerLost } from '../../src/supervisor/worker-link.ts'
import type { Deployment } from '../../src/supervisor/worker-versions.ts'
import { Workers } from '../../src/supervisor/workers.ts'
import type { ToWorker } from '../../src/worker/messages.ts'
import { until } from '../kit/wait.ts'

const DESCRIPTION: RouterDescription = {
  listen: undefined,
  hooks: ['route'],
  failure: { kind: 'close', text: undefined },
  memo: true,
}
const LISTEN = { host: '127.0.0.1', port: 1, hosts: undefined }

/** A worker that does what it is told, unless a test says otherwise, and can be asked what it serves. */
class FakeWorker implements WorkerLink {
  readonly index: number
  readonly pid = undefined
  onConnections: ((connections: Connections) => void) | undefined
  readonly exited: Promise<string>
  forced: number | undefined
  readonly sent: ToWorker[] = []
  readonly warmed = new Set<number>()
  readonly serves = new Map<string, number>()
  onWarm: (id: number) => Promise<void> | void = () => {}
  onActivate: (id: number) => Promise<void> | void = () => {}
  readonly die: (why: string) => void
  #dead = false

  constructor(index: number) {
    this.index = index
    const { promise, resolve } = Promise.withResolvers<string>()
    this.exited = promise
    this.die = (why) => {
      this.#dead = true
      resolve(why)
    }
  }

  async start(): Promise<void> {}

  async warm({ version }: Extract<ToWorker, { type: 'warm' }>): Promise<RouterDescription> {
    await this.onWarm(version.id)
    if (this.#dead) throw new WorkerLost('dead')
    assert.ok(!this.warmed.has(version.id), `version ${version.id} is warmed twice`)
    this.warmed.add(version.id)
    return DESCRIPTION
  }

  async activate({ id, router }: Extract<ToWorker, { type: 'activate' }>): Promise<void> {
    await this.onActivate(id)
    if (!this.warmed.delete(id)) throw new Error(`version ${id} was not warmed`)
    this.serves.set(router, id)
  }

  send(message: ToWorker): void {
    this.sent.push(message)
    if (message.type === 'discard') {
      this.warmed.delete(message.id)
      assert.ok(![...this.serves.values()].includes(message.id), 'an active version is discarded')
    }
    if (message.type === 'retire') this.serves.delete(message.router)
  }

  async report(): Promise<undefined> {}

  kill(): void {
    this.die('killed')
  }
}

function deployment(id: number, router = 'r'): Deployment {
  return {
    version: { id, router, code: '', ...OPERATORS },
    about: { number: id, bundle: `b${id}`, sourceMap: '' },
    tables: {},
  }
}

async function startWorkers(count: number, opened: (link: FakeWorker) => void = () => {}) {
  const links: FakeWorker[] = []
  const sums: Connections[] = []
  let id = 100
  const workers = new Workers({
    settings: parseSettings({ workers: count }, 'test'),
    hostLaunch: { command: [], layers: [] },
    log: pino({ level: 'silent' }),
    connections: (sum) => sums.push(sum),
    nextId: () => id++,
    open: (index) => {
      const link = new FakeWorker(index)
      links.push(link)
      opened(link)
      return link
    },
  })
  await workers.start()
  const deploy = async (next: Deployment) => {
    await workers.warm(next)
    await workers.activate(next, LISTEN)
  }
  const link = (index: number) => {
    const found = links[index]
    assert.ok(found)
    return found
  }
  return { workers, links, link, sums, deploy }
}

test('a version is served by every worker', async () => {
  const { links, deploy } = await startWorkers(3)
  await deploy(deployment(1))
  assert.deepEqual(
    links.map(({ serves }) => serves.get('r')),
    [1, 1, 1],
  )
})

test('a version that one worker cannot load is kept by none', async () => {
  const { workers, links, link } = await startWorkers(2)
  link(1).onWarm = () => {
    throw new WarmFailure('router', 'it threw', undefined)
  }
  await assert.rejects(workers.warm(deployment(1)), { message: 'it threw', fault: 'router' })
  assert.deepEqual(
    links.map(({ warmed }) => warmed.size),
    [0, 0],
  )
})

test('a version that one worker cannot activate is taken back from the others, which serve the old one again', async () => {
  const { workers, links, link, deploy } = await startWorkers(2)
  await deploy(deployment(1))
  link(1).onActivate = (id) => {
    if (id === 2) throw new Error('no port')
  }
  await workers.warm(deployment(2))
  await assert.rejects(workers.activate(deployment(2), LISTEN), { message: 'no port' })
  const [first, second] = links.map(({ serves }) => serves.get('r'))
  assert.equal(first, second)
  assert.notEqual(first, 2)
})

test('a first version that one worker cannot activate is retired everywhere', async () => {
  const { workers, links, link } = await startWorkers(2)
  link(1).onActivate = () => {
    throw new Error('no port')
  }
  await workers.warm(deployment(1))
  await assert.rejects(workers.activate(deployment(1), LISTEN), { message: 'no port' })
  assert.deepEqual(
    links.map(({ serves }) => serves.size),
    [0, 0],
  )
})

test('a worker that dies while others warm a version does not stop it', async () => {
  const { link, deploy } = await startWorkers(2)
  link(1).onWarm = () => link(1).die('SIGKILL')
  await deploy(deployment(1))
  assert.equal(link(0).serves.get('r'), 1)
})

test('the only worker dying while it warms a version means that the next one is asked', async () => {
  const { links, link, deploy } = await startWorkers(1)
  link(0).onWarm = () => link(0).die('SIGKILL')
  await deploy(deployment(1))
  assert.deepEqual(
    links.map(({ serves }) => serves.get('r')),
    [undefined, 1],
  )
})

test('a worker that is started again gets what is active, and nothing that was retired', async () => {
  const { workers, links, link, deploy } = await startWorkers(1)
  for (const [id, router] of ['a', 'b', 'c'].entries()) await deploy(deployment(id + 1, router))
  workers.retire('b')
  link(0).die('SIGKILL')
  const next = await until('the next worker', () => (links[1]?.serves.size === 2 ? links[1] : undefined))
  assert.deepEqual(
    [...next.serves],
    [
      ['a', 1],
      ['c', 3],
    ],
  )
})

test('a worker that joins between warming and switching catches up', async () => {
  const { workers, links, link, deploy } = await startWorkers(2)
  await deploy(deployment(1))
  await workers.warm(deployment(2))
  link(1).die('SIGKILL')
  const joined = await until('the next worker', () => (links[2]?.serves.get('r') === 1 ? links[2] : undefined))
  await workers.activate(deployment(2), LISTEN)
  assert.equal(link(0).serves.get('r'), 2)
  assert.equal(joined.serves.get('r'), 2)
})

test('a router retired while a worker catches up is not served by it', async () => {
  const warming = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<FakeWorker>()
  const { workers, link, deploy } = await startWorkers(1, (opened) => {
    opened.onWarm = (id) => {
      if (id === 1 && link(0) === opened) return
      asked.resolve(opened)
      return warming.promise
    }
  })
  await deploy(deployment(1))
  link(0).die('SIGKILL')
  const next = await asked.promise
  workers.retire('r')
  warming.resolve()
  await until('the version to be dropped', () => (next.sent.some(({ type }) => type === 'discard') ? true : undefined))
  assert.equal(next.serves.size, 0)
})

test('counts are summed over workers, and those of a dead one stay in the total', async () => {
  const { link, sums } = await startWorkers(2)
  link(0).onConnections?.({ current: 2, max: 3, total: 5 })
  link(1).onConnections?.({ current: 4, max: 4, total: 6 })
  assert.deepEqual(sums.at(-1), { current: 6, max: 6, total: 11 })
  link(0).die('SIGKILL')
  await until(
    'the new sum',
    () => (sums.at(-1)?.current === 4 ? true : undefined),
    () => sums,
  )
  assert.deepEqual(sums.at(-1), { current: 4, max: 6, total: 11 })
})

test('a drain counts what was ended by force, kills who does not end, and starts nobody again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { workers, links, link } = await startWorkers(2)
  link(1).onConnections?.({ current: 7, max: 7, total: 7 })
  const drained = workers.drain(1000)
  link(0).forced = 2
  link(0).die('exit code 0')
  t.mock.timers.tick(10_000)
  assert.equal(await drained, 9)
  assert.equal(links.length, 2)
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../kit/wait.ts'
import { descendants, isAlive, Project, router, tests } from './project.ts'
import { best, tookText } from './unhurried.ts'

const ROUTERS: Readonly<Record<string, readonly [source: string, verdict: RegExp]>> = {
  'loops for ever': [
    router('for (;;) {}\n    return { close: true }'),
    /first question.*no answer after 20 ms of CPU time/,
  ],
  'loops for ever once there are bytes': [
    router('for (let at = 0; conn.bytes.length > 0; at++) if (at < 0) break\n    return { noop: true }'),
    /timeout.*no answer after 20 ms of CPU time/,
  ],
  'eats memory': [
    router(
      "const all: string[] = []\n    for (;;) all.push(conn.text + 'x'.repeat(1e6) + all.length)\n    return { close: true }",
    ),
    /first question.*(memory|no answer after 20 ms)/,
  ],
  'eats memory while it is loaded': [
    `const all = Array.from({ length: 1e3 }, (_, at) => new Uint8Array(1e6).fill(at))\n${router('return { close: all.length > 5 ? "x" : "y" }')}`,
    /memory|Array buffer allocation failed/,
  ],
  'has a type error': [router('return { remote: 5 }'), /remote is a string such as 'host:80', not (?:number|5)/],
}

/** Tests a router that is refused, to the end of every process that this takes; the result is how long the command took, in ms. */
async function judged(project: Project, verdict: RegExp): Promise<number> {
  const started = performance.now()
  const running = project.start(['test'])
  const seen = new Set<number>()
  const watch = setInterval(() => {
    for (const pid of descendants(running.child.pid ?? -1)) seen.add(pid)
  }, 20)
  const code = await running.exited().finally(() => clearInterval(watch))
  const ms = performance.now() - started
  assert.equal(code, 1, running.stdout + running.stderr)
  assert.match(running.stdout, verdict)
  assert.equal(running.stderr, '')
  await until(
    'the end of every process that it started',
    () => ([...seen].some(isAlive) ? undefined : true),
    () => [...seen].filter(isAlive),
  )
  return ms
}

describe('router-sdk and a router that', () => {
  for (const [name, [source, verdict]] of Object.entries(ROUTERS))
    it(`${name}: a clear verdict in less than 2 s, and no process is left`, async (context) => {
      using project = new Project({ 'bad.ts': source, 'bad.test.ts': tests('bad', "given('x').closes()") })
      await project.run(['check']) // what is made once per machine is made
      const took = await best(3, 2000, () => judged(project, verdict))
      context.diagnostic(tookText(took))
      assert.ok(took.wall < 2000, tookText(took))
    })

  it('is interrupted: its hosts end with it', async () => {
    using project = new Project({
      'a.ts': router('return { noop: true }'),
      'a.test.ts': tests('a', "given('x').waits()"),
    })
    const running = project.start(['test'])
    await until('its hosts', () => (descendants(running.child.pid ?? -1).length >= 2 ? true : undefined))
    const seen = descendants(running.child.pid ?? -1)
    running.child.kill('SIGINT')
    assert.equal(await running.exited(), 130)
    await until(
      'the end of every process that it started',
      () => (seen.some(isAlive) ? undefined : true),
      () => seen.filter(isAlive),
    )
  })
})

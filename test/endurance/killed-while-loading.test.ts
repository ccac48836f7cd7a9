import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type LogLine, Pointsman } from '../kit/pointsman.ts'
import { exchange } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { MIB, residentBytes } from './proc.ts'

/** Takes `busy` rounds of work to load, and then closes with `text`. */
function slowLoad(text: string, busy: number): string {
  return `import { defineRouter } from 'router-sdk'
let work = 0
for (let i = 0; i < ${busy}; i++) work = (work * 31 + i) | 0
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: '${text}' + (work & 0) }),
})
`
}

/** CPU time of a process in nanoseconds. */
function cpuTime(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0])
}

test('a host that somebody kills while it loads a new version costs the save nothing', async () => {
  await using pointsman = await Pointsman.start({
    routers: { slow: slowLoad('one', 1) },
    config: { router: { loadTime: 10_000 } },
  })
  const port = await pointsman.served('slow')
  const before = new Map(pointsman.hostPids.map((pid) => [pid, cpuTime(pid)]))
  pointsman.write('slow', slowLoad('two', 100_000_000))
  const loading = await until('a host that loads', () =>
    pointsman.hostPids.find((pid) => cpuTime(pid) - (before.get(pid) ?? 0) > 100_000_000),
  )
  process.kill(loading, 'SIGKILL')
  const line = await outcome(pointsman, 'slow')
  assert.equal(line.msg, 'router active', JSON.stringify(line))
  assert.equal(await exchange(port, 'x'), 'two0')
})

test('versions that were refused leave nothing behind in the sandbox hosts', async (t) => {
  await using pointsman = await Pointsman.start({ routers: { again: slowLoad('one', 1) } })
  const hosts = pointsman.hostPids
  const resident = () => hosts.reduce((sum, pid) => sum + residentBytes(pid), 0)
  const before = resident()
  for (let save = 0; save < 20; save++) {
    const from = pointsman.lines.length
    pointsman.write('again', noAnswer(save))
    const line = await outcome(pointsman, 'again', from)
    assert.equal(line.msg, 'router refused')
  }
  assert.deepEqual(pointsman.hostPids, hosts)
  const grown = (resident() - before) / MIB
  t.diagnostic(`20 refused versions: ${grown.toFixed(1)} MiB`)
  assert.ok(grown < 12, `the hosts grew by ${grown.toFixed(1)} MiB`)
})

/** Loads, and keeps 2 MiB; its first question fails. */
function noAnswer(save: number): string {
  return `import { defineRouter } from 'router-sdk'
const kept = new Uint8Array(2097152).fill(${save + 1})
const nothing: any = undefined
export default defineRouter({ listen: { port: 0, host: '127.0.0.1' }, route: () => (kept.length === 1 ? { close: true } : nothing) })
`
}

function outcome(pointsman: Pointsman, router: string, from = 0): Promise<LogLine> {
  const after = from === 0 ? pointsman.lines.findIndex(({ msg }) => msg === 'router active') + 1 : from
  const matches = (line: LogLine) => line.router === router && /^router (active|refused)$/.test(line.msg)
  return pointsman.line('what became of a save', matches, after)
}

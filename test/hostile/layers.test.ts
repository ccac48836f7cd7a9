import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Duplex } from 'node:stream'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type DetectedLaunch, detectHostLaunch } from 'router-sdk/sandbox'
import { DESCRIPTORS } from '../../sdk/src/sandbox/frames.ts'
import { Pointsman } from '../kit/pointsman.ts'
import { exchange, TestServer } from '../kit/sockets.ts'
import { ofThreads } from '../kit/threads.ts'
import { within } from '../kit/wait.ts'
import { TURNCOAT } from './turncoat.ts'

const PROBE = join(dirname(fileURLToPath(import.meta.url)), 'hosts', 'probe.cjs')
const USER = 65_534
const CHANNEL: readonly number[] = Object.values(DESCRIPTORS)

/** Row 63: each layer that is claimed is probed, on hosts that are started as those that serve. */
let launch: DetectedLaunch
before(async () => {
  launch = await detectHostLaunch({ user: USER, jitless: 'untrusted' })
})
after(() => launch.remove())

function proc(pid: number, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, 'latin1')
}

function status(pid: number, key: string, file = 'status'): string {
  return new RegExp(`^${key}:[\\t ]*(.*)$`, 'm').exec(proc(pid, file))?.[1] ?? ''
}

test('row 63: seen from outside, a host that serves has what is claimed and nothing else', async () => {
  // Whoever starts the program leaves a file and a socket open in it, beyond what Node closes by itself.
  const wrapper = ['/bin/bash', '-c', 'exec 40</etc/hostname 41<>/dev/tcp/127.0.0.1/$0 && exec "$@"']
  await using server = await TestServer.start(() => {})
  await using pointsman = await Pointsman.start({
    routers: { r: TURNCOAT },
    wrapper: [...wrapper, String(server.port)],
    config: { isolation: { require: launch.layers } },
  })
  assert.equal(await exchange(await pointsman.served('r'), 'x'), 'well x')
  const own = descriptors(pointsman.pid)
  assert.equal(own.get(40), '/etc/hostname')
  assert.equal(pointsman.hostPids.length, 2)
  for (const pid of pointsman.hostPids) {
    const environment = proc(pid, 'environ')
      .split('\0')
      .filter((line) => !/^(MALLOC_[A-Z_]+=\d+)?$/.test(line))
    assert.deepEqual(environment, ['TZ=UTC'])
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/')
    assertDescriptors(pid, own)
    if (launch.layers.includes('limits')) assertLimits(pid)
    if (launch.layers.includes('user')) assertUser(pid)
    if (launch.layers.includes('network'))
      assert.notEqual(readlinkSync(`/proc/${pid}/ns/net`), readlinkSync('/proc/self/ns/net'))
    if (launch.layers.includes('parent-death') || launch.layers.includes('user'))
      assert.equal(status(pid, 'NoNewPrivs'), '1')
    if (launch.layers.includes('seccomp')) assertFiltered(pid)
    if (launch.layers.includes('cgroup')) assert.match(proc(pid, 'cgroup'), new RegExp(`^0::/.*/host-${pid}$`, 'm'))
  }
})

function assertLimits(pid: number): void {
  const limits = proc(pid, 'limits')
  assert.match(limits, /^Max core file size\s+0\s+0\s/m)
  assert.match(limits, /^Max file size\s+0\s+0\s/m)
  assert.match(limits, /^Max open files\s+64\s+64\s/m)
}

function assertUser(pid: number): void {
  assert.equal(status(pid, 'Uid').replace(/\s+/g, ' '), `${USER} ${USER} ${USER} ${USER}`)
  assert.equal(status(pid, 'Groups'), '')
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
    assert.equal(Number.parseInt(status(pid, set), 16), 0, set)
}

/** Every thread, those included that Node had started before. */
function assertFiltered(pid: number): void {
  const threads = ofThreads(pid, (thread) => status(pid, 'Seccomp', `task/${thread}/status`))
  const names = threads.map(({ name }) => name)
  for (const name of ['node-MainThread', 'node-V8Worker', 'DelayedTaskSche'])
    assert.ok(names.includes(name), names.join())
  for (const { name, found } of threads) assert.equal(found, '2', name)
}

function descriptors(pid: number): Map<number, string> {
  const all = readdirSync(`/proc/${pid}/fd`).map(Number)
  return new Map(
    all.flatMap((fd) => {
      try {
        return [[fd, readlinkSync(`/proc/${pid}/fd/${fd}`)] as const]
      } catch {
        return []
      }
    }),
  )
}

/** Nothing and nobody but the channel; beyond it only what Node opens for itself, and nothing that we have open. */
function assertDescriptors(pid: number, own: ReadonlyMap<number, string>): void {
  const ours = new Set([...own.values()].filter((link) => /^(pipe|socket):/.test(link)))
  for (const [fd, link] of descriptors(pid)) {
    if (fd < 3) assert.equal(link, '/dev/null')
    else if (CHANNEL.includes(fd)) assert.match(link, /^socket:/)
    else assert.match(link, /^(anon_inode:|pipe:|\/dev\/null$)/, `descriptor ${fd} is ${link}`)
    assert.ok(!ours.has(link), `descriptor ${fd} is ours: ${link}`)
  }
}

test('row 63: from inside, a host that was taken over gets at nothing', async () => {
  await using server = await TestServer.start(() => {})
  const [program = '', ...words] = launch.command
  copyFileSync(PROBE, words.findLast((word) => word.endsWith('/host.cjs')) ?? '')
  const child = spawn(program, [...words, String(server.port)], {
    detached: true,
    cwd: '/',
    env: { TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  try {
    const report: Record<string, unknown> = JSON.parse(await within('the probe’s report', firstLine(child)))
    assert.deepEqual(report.environment, ['TZ'])
    assert.equal(report.folder, '/')
    assert.notEqual(report.evaluate, 'done')
    assert.equal(report.proto, 'gone')
    if (launch.layers.includes('user')) assert.deepEqual([report.uid, report.gid, report.groups], [USER, USER, [USER]])
    if (launch.layers.includes('permission'))
      for (const tried of ['net', 'readPasswords', 'readMemory', 'list', 'write', 'spawn', 'worker'])
        assert.equal(report[tried], 'ERR_ACCESS_DENIED', tried)
    assert.notEqual(report.net, 'done')
    assert.equal(server.sockets.size, 0)
  } finally {
    child.kill('SIGKILL')
  }
})

async function firstLine(child: ChildProcess): Promise<string> {
  const channel: unknown = child.stdio[DESCRIPTORS.answers]
  assert.ok(channel instanceof Duplex)
  let text = ''
  for await (const chunk of channel) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  return text
}

test('what is claimed here', (t) => {
  t.diagnostic(`isolation: ${launch.layers.join(', ')}`)
  assert.ok(launch.layers.includes('process') && launch.layers.includes('permission'))
})

/**
 * What one routed short connection costs each proxy: user and system time of all its processes, divided by connections.
 *
 *     node bench/connection-cost.ts [rounds] [seconds]
 *
 * One connection a request (`wrk -H 'Connection: close'`, 32 at once) through each proxy in turn, the proxy on one core, load
 * and origin on the other; each round in the opposite order of the one before. Ratios of one run hold; absolute figures are of
 * this machine. Needs nginx with stream and njs, haproxy, wrk and taskset.
 */
import { execFileSync } from 'node:child_process'
import { cpuTime, type Peer, Peers } from './peers.ts'

const [rounds = 5, seconds = 3] = process.argv.slice(2).map(Number)
const PROXY_CPU = 0
const LOAD_CPU = 1
/** Seconds of load before the first round: until V8 has compiled what is hot. */
const WARM_UP = 6
const PEER = 'nginx with njs js_preread'

const peers = new Peers()
try {
  const origin = await peers.origin(LOAD_CPU)
  const proxies = [
    await peers.nginxStream(PROXY_CPU, origin.port),
    await peers.nginxNjs(PROXY_CPU, origin.port),
    await peers.haproxy(PROXY_CPU, origin.port),
    named('pointsman, net', await peers.pointsman(PROXY_CPU, origin.port, { transport: 'net' })),
    named('pointsman, epoll', await peers.pointsman(PROXY_CPU, origin.port, { transport: 'epoll' })),
  ]
  for (const proxy of proxies) measure(proxy, WARM_UP)
  const costs = new Map<string, number[]>(proxies.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const proxy of round % 2 === 0 ? proxies : proxies.toReversed())
      costs.get(proxy.name)?.push(measure(proxy, seconds))
  const peer = median(costs.get(PEER) ?? [])
  console.log(`CPU microseconds a connection, ${rounds} rounds of ${seconds} s`)
  for (const [name, values] of costs) {
    const sorted = values.toSorted((a, b) => a - b)
    const spread = `${sorted[0]?.toFixed(0)}–${sorted.at(-1)?.toFixed(0)}`
    console.log(
      `${name.padEnd(28)} ${median(values).toFixed(0).padStart(5)}  (${spread})  ${(median(values) / peer).toFixed(2)} × njs`,
    )
  }
} finally {
  peers.stop()
}

function named(name: string, peer: Peer): Peer {
  return { ...peer, name }
}

function measure(proxy: Peer, time: number): number {
  const before = cpuTime(proxy.pids())
  const words = [
    '-c',
    String(LOAD_CPU),
    'wrk',
    '-t1',
    '-c32',
    `-d${time}s`,
    '-H',
    'Connection: close',
    `http://127.0.0.1:${proxy.port}/`,
  ]
  const output = execFileSync('taskset', words, { encoding: 'utf8' })
  const used = cpuTime(proxy.pids()) - before
  const requests = Number(/(\d+) requests in/.exec(output)?.[1] ?? Number.NaN)
  if (/Socket errors/.test(output)) console.error(`${proxy.name}: ${/Socket errors.*/.exec(output)?.[0]}`)
  return used / requests
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

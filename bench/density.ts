/**
 * How many tenants fit: 2,000 versions of distinct code, one a tenant, in one sandbox; what their hosts hold of them, and how long
 * the first question of one that was evicted takes.
 *
 *     node --no-node-snapshot bench/density.ts [versions] [hostMemory in MiB]
 */
import { OPERATORS } from '../sdk/src/limits.ts'
import { detectHostLaunch } from '../sdk/src/sandbox/launch.ts'
import { ProcessSandbox } from '../sdk/src/sandbox/process-sandbox.ts'
import type { Question, Reply } from '../sdk/src/sandbox/sandbox.ts'

const VERSIONS = Number(process.argv[2] ?? 2000)
const MiB = 1_048_576
const HOST_MEMORY = Number(process.argv[3] ?? 512) * MiB
const STRIKES = { limit: 1000, window: 1000, quarantine: 10, quarantineMax: 10 }

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: site7.example\r\nUser-Agent: density\r\n\r\n')
const QUESTION: Question = {
  hook: 'route',
  bytes: REQUEST,
  facts: {
    final: false,
    client: { address: '192.0.2.7', port: 4000 },
    local: { address: '192.0.2.8', port: 80 },
    listener: '0.0.0.0:80',
    now: 1_700_000_000_000,
    lookups: {},
  },
}

/** A small router by host name, as a tenant would write it, and as the compiler prints it. */
function code(tenant: number): string {
  return `var pointsmanRouter = (() => {
  const sites = new Map(Array.from({ length: 20 }, (_, n) => ['site' + n + '.example', 't${tenant}-' + n + '.internal:80']))
  const hostOf = (text) => /^host:[ \\t]*([^\\r\\n:]+)/im.exec(text)?.[1]?.trim().toLowerCase()
  return { default: { listen: 80, route(conn) {
    if (conn.bytes.length === 0) return { noop: true }
    const upstream = sites.get(hostOf(conn.text) ?? '')
    return upstream === undefined ? { close: 'unknown site ${tenant}' } : { remote: upstream }
  } } }
})()`
}

const { remove, ...launch } = await detectHostLaunch({ user: 65_534, jitless: 'untrusted' })
const { command } = launch.untrusted ?? launch
const sandbox = new ProcessSandbox({
  command,
  hosts: 1,
  limits: { decisionDeadline: 500, hostMemory: HOST_MEMORY },
  strikes: STRIKES,
  report: (event) => console.log(JSON.stringify(event)),
})

function ask(id: number): Promise<number> {
  const started = performance.now()
  return new Promise((resolve, reject) =>
    sandbox.ask(id, QUESTION, (reply: Reply) => {
      if (reply.kind === 'answered') resolve(performance.now() - started)
      else reject(new Error(`version ${id}: ${JSON.stringify(reply)}`))
    }),
  )
}

async function askEach(ids: readonly number[]): Promise<number[]> {
  const times: number[] = []
  for (const id of ids) times.push(await ask(id))
  return times
}

function print(what: string, times: number[]): void {
  const sorted = times.sort((one, other) => one - other)
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => sorted[Math.floor(sorted.length * share)]?.toFixed(2))
  console.log(`${what}: p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms (${sorted.length} questions)`)
}

function printHosts(): void {
  for (const { role, versions, residentBytes } of sandbox.hostsOf('operator'))
    console.log(`  ${role} host: ${versions} versions, ${Math.round(residentBytes / MiB)} MiB resident`)
}

const limits = { ...OPERATORS.limits, loadTime: 2000, decisionTime: 200 }
const ids = Array.from({ length: VERSIONS }, (_, n) => n + 1)
try {
  await sandbox.start()
  printHosts()
  const started = performance.now()
  for (const id of ids)
    await sandbox.load({ ...OPERATORS, id, router: `t${id}/web`, tenant: `t${id}`, code: code(id), limits })
  const perVersion = (performance.now() - started) / VERSIONS
  console.log(`${VERSIONS} versions were loaded and asked their first question in ${perVersion.toFixed(1)} ms each`)
  printHosts()
  print('first questions after that', await askEach(ids))
  printHosts()
  const held = sandbox.hostsOf('operator').find(({ role }) => role === 'serving')
  if (held !== undefined && held.residentBytes > 0) {
    const perGiB = Math.round((held.versions * 1024 * MiB) / held.residentBytes)
    console.log(`tenants per GiB of a host's resident memory, all of it counted: ${perGiB}`)
  }
  // The longest unasked come first: each is evicted by the time that it is its turn.
  print('first question of an evicted version', await askEach(ids.slice(0, 1000)))
  const hot = ids.slice(-50)
  await askEach(hot)
  print('questions of versions in use', await askEach(Array.from({ length: 40 }, () => hot).flat()))
  printHosts()
} finally {
  await sandbox.close()
  await remove()
}

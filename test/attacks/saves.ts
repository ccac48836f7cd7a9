import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogLine, Pointsman } from '../kit/pointsman.ts'
import { until } from '../kit/wait.ts'

const TENANTS = 10
const ROUTERS = 20
/** Deployments of others that may end between a save and its service: those that had begun, and what goes on beside it. */
const MOST_BEFORE = 10

function router(text: string): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: '${text}' }),
})
`
}

test('ten tenants that save all of their twenty routers again and again keep nobody from being served', async (t) => {
  const config = { tenants: { defaults: { ports: ['*'] } } }
  const calm = ['calm/a', 'calm/b', 'other/c']
  await using p = await Pointsman.start({
    routers: Object.fromEntries(calm.map((name) => [name, router('one')])),
    config,
  })
  await p.line('serving', ({ msg }) => msg === 'pointsman serves')
  const all = Array.from({ length: TENANTS * ROUTERS }, (_, at) => `storm${at % TENANTS}/r${Math.floor(at / TENANTS)}`)
  let round = 0
  const save = () => {
    round += 1
    for (const name of all) p.write(name, router(`${name} ${round}`))
  }
  save()
  const storm = setInterval(save, 3000)
  t.after(() => clearInterval(storm))
  const isEnd = ({ msg, router: name }: LogLine) =>
    /^router (active|refused|unchanged)$/.test(msg) && String(name).startsWith('storm')
  const ended = (from: number) => p.lines.slice(from).filter(isEnd).length
  await until('the storm to be on', () => (ended(0) >= 20 ? true : undefined))
  const before: number[] = []
  for (const name of calm) {
    const from = p.lines.length
    p.write(name, router('two'))
    await p.served(name, 2)
    before.push(ended(from))
  }
  t.diagnostic(`deployments of others that ended between a save and its service: ${before.join(', ')}`)
  assert.ok(ended(0) < all.length, 'the storm is over: nobody had to wait behind it')
  assert.ok(Math.max(...before) <= MOST_BEFORE, before.join())
})

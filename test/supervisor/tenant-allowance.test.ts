import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSettings } from '../../src/config/problems.ts'
import { TenantAllowance } from '../../src/supervisor/tenant-allowance.ts'
import { Pointsman } from '../kit/pointsman.ts'

const HEAD = "import { defineRouter } from 'router-sdk'\n"
const ROUTER = `${HEAD}export default defineRouter({ route: () => ({ close: true }) })\n`
const BOMB = `${HEAD}type Grow<N extends number, L extends unknown[] = []> = L['length'] extends N ? L : Grow<N, [...L, ...L, 0]>
export const much: Grow<999999> | undefined = undefined\n${ROUTER.replace(HEAD, '')}`

describe('a tenant', () => {
  it('has no more routers than it may; one more is served when another is gone', async () => {
    const config = { tenants: { defaults: { ports: ['*'] }, named: { acme: { limits: { routers: 2 } } } } }
    const routers = { 'acme/a': ROUTER, 'acme/b': ROUTER, 'beta/a': ROUTER }
    await using pointsman = await Pointsman.start({ routers, config })
    pointsman.write('acme/c', ROUTER)
    const { reason } = await pointsman.line(
      'the refusal',
      ({ msg, router }) => msg === 'router refused' && router === 'acme/c',
    )
    assert.equal(reason, 'tenant acme has 2 routers; allowed are 2 (tenants.named.acme.limits.routers)')
    pointsman.remove('acme/a')
    await pointsman.served('acme/c')
    const { stdout } = await pointsman.command('metrics')
    assert.match(stdout, /^pointsman_router_refused\{router="acme\/c"\} 0$/m)
  })

  it('that saves what takes long to compile waits for it, and another one does not', async () => {
    const config = {
      tenants: {
        defaults: { ports: ['*'] },
        named: { slow: { limits: { compilePerSecond: 1, compileTime: 10_000 } } },
      },
    }
    await using pointsman = await Pointsman.start({ routers: { 'slow/r': ROUTER, 'other/r': ROUTER }, config })
    await pointsman.line('serving', ({ msg }) => msg === 'pointsman serves')
    for (let save = 1; save <= 400; save++) {
      if (pointsman.lines.some(({ limit }) => limit === 'compilePerSecond')) break
      const from = pointsman.lines.length
      pointsman.write('slow/r', `${BOMB}// ${save}\n`)
      await pointsman.line(
        `save ${save} to be refused, or to wait`,
        ({ msg, router, limit }) => (msg === 'router refused' && router === 'slow/r') || limit === 'compilePerSecond',
        from,
      )
    }
    const line = await pointsman.line('the limit', ({ limit }) => limit === 'compilePerSecond')
    assert.deepEqual([line.tenant, line.value, line.setting], ['slow', 1, 'tenants.named.slow.limits.compilePerSecond'])
    pointsman.write('other/r', ROUTER.replace('true', "'saved'"))
    await pointsman.served('other/r', 2)
  })

  it('is not in the counts of what bit any more when its last router is gone', () => {
    const settings = parseSettings({ tenants: { defaults: { limits: { routers: 1 } } } }, 'f')
    const allowance = new TenantAllowance(settings, () => {})
    const { limited } = allowance
    for (const tenant of ['acme', 'beta']) allowance.refusal(`${tenant}/r`, 1)
    assert.deepEqual([...limited.keys()], ['acme', 'beta'])
    allowance.gone('acme')
    assert.deepEqual([...limited.keys()], ['beta'])
  })
})

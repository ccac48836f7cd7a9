import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CpuBudgets } from '../../sdk/src/sandbox/cpu-budgets.ts'
import { Held } from '../../sdk/src/sandbox/held.ts'
import { Asking } from '../../sdk/src/sandbox/jobs.ts'
import { Lane } from '../../sdk/src/sandbox/lane.ts'
import { question, version } from './sandboxes.ts'

function budgets(): { cpu: CpuBudgets; pass: (milliseconds: number) => void } {
  let now = 0
  const pass = (milliseconds: number): void => {
    now += milliseconds
  }
  return { cpu: new CpuBudgets(() => now), pass }
}

test('a tenant may use its burst at once, and then what comes in', () => {
  const { cpu, pass } = budgets()
  cpu.configure('a', { cpuPerSecond: 100, cpuBurst: 50 })
  cpu.charge('a', 49)
  assert.equal(cpu.wait('a'), 0)
  cpu.charge('a', 21)
  assert.equal(Math.round(cpu.wait('a')), 201, '20 ms of debt at 100 ms a second')
  pass(150)
  assert.ok(cpu.wait('a') > 40)
  pass(60)
  assert.equal(cpu.wait('a'), 0)
  pass(60_000)
  cpu.charge('a', 51)
  assert.ok(cpu.wait('a') > 0, 'a quiet minute gave more than the burst')
})

test('0 is no limit, and tenants that were never given one have none', () => {
  const { cpu } = budgets()
  cpu.configure('a', { cpuPerSecond: 0, cpuBurst: 1 })
  for (const tenant of ['a', 'b']) cpu.charge(tenant, 1e9)
  assert.deepEqual([cpu.wait('a'), cpu.wait('b')], [0, 0])
})

test('debt outlives a new version, and the tenant’s last one', () => {
  const { cpu, pass } = budgets()
  cpu.configure('a', { cpuPerSecond: 10, cpuBurst: 10 })
  cpu.charge('a', 30)
  cpu.configure('a', { cpuPerSecond: 10, cpuBurst: 1000 })
  cpu.forget('a')
  assert.ok(cpu.wait('a') > 1000)
  pass(1_000_000)
  cpu.forget('a')
  cpu.configure('a', { cpuPerSecond: 10, cpuBurst: 10 })
  assert.equal(cpu.wait('a'), 0)
})

test('tenants that are gone are forgotten when they have paid, however many come', () => {
  const { cpu, pass } = budgets()
  const come = (name: string) => {
    cpu.configure(name, { cpuPerSecond: 10, cpuBurst: 10 })
    cpu.charge(name, 5)
  }
  come('stays')
  for (let at = 0; at < 10_000; at++) {
    come(`t${at}`)
    cpu.forget(`t${at}`)
    pass(10)
  }
  assert.ok(cpu.size < 300, `${cpu.size} are known`)
  cpu.charge('stays', 30)
  assert.ok(cpu.wait('stays') > 1000, 'one that was there all the time was forgotten')
})

test('a question that waits too long says what for', () => {
  const { cpu } = budgets()
  cpu.configure('a', { cpuPerSecond: 7, cpuBurst: 10 })
  const limited: string[] = []
  const lane = new Lane({
    budgets: cpu,
    hosts: () => [],
    belongs: () => true,
    askAnew: () => {},
    limited: (tenant) => limited.push(tenant),
  })
  const ask = (tenant: string): void =>
    lane.push(new Asking(new Held(version(1, '', { tenant, limits: { cpuPerSecond: 7 } })), question(), () => {}))
  ask('a')
  assert.deepEqual(limited, [])
  cpu.charge('a', 1000)
  ask('a')
  assert.deepEqual(limited, ['a'])
  ask('b')
  const reasons = lane.expire(Number.POSITIVE_INFINITY).map(({ asking, reason }) => `${asking.tenant}: ${reason}`)
  const over = 'a: its tenant has used up its CPU time: cpuPerSecond allows 7 ms'
  assert.deepEqual(reasons, [over, over, 'b: no sandbox host could be had in time'])
})

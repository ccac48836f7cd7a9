import assert from 'node:assert/strict'
import { it } from 'node:test'
import { crowd } from '../transport/crowd.ts'

const { SEED = String(Date.now() % 1e9) } = process.env

it(`100,000 connections with faults lose nothing that they should not (SEED=${SEED})`, {
  timeout: 900_000,
}, async () => {
  const report = await crowd(100_000, 128, { seed: Number(SEED), soft: 0.02, fatal: 0.001 })
  console.log(report.whole, 'whole;', report.failed, 'failed;', report.fatalFaults, 'and', report.softFaults, 'faults')
  assert.deepEqual(report.lost, [])
  assert.deepEqual(report.misuses, [])
  assert.equal(report.leaked, 0)
})

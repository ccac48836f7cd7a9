import assert from 'node:assert/strict'
import { it } from 'node:test'
import { crowd } from '../transport/crowd.ts'

const { SEED = String(Date.now() % 1e9) } = process.env

it(`70,000 connections whose calls are interrupted, cut short or refused for a while are all whole (SEED=${SEED})`, {
  timeout: 900_000,
}, async () => {
  const report = await crowd(70_000, 128, { seed: Number(SEED), soft: 0.05, fatal: 0 })
  console.log(report.whole, 'whole;', report.softFaults, 'faults')
  assert.deepEqual(report.lost, [])
  assert.deepEqual(report.misuses, [])
  assert.deepEqual([report.whole, report.leaked], [70_000, 0])
})

it(`30,000 connections with faults that cost connections lose no more than those (SEED=${SEED})`, {
  timeout: 900_000,
}, async () => {
  const report = await crowd(30_000, 128, { seed: Number(SEED), soft: 0.02, fatal: 0.001 })
  console.log(report.whole, 'whole;', report.failed, 'failed;', report.fatalFaults, 'and', report.softFaults, 'faults')
  assert.deepEqual(report.lost, [])
  assert.deepEqual(report.misuses, [])
  assert.equal(report.leaked, 0)
})

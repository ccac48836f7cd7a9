import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Seen } from '../../bench/load/open-loop.ts'
import { epollMissing } from '../../src/transport/epoll/epoll.ts'
import { TestServer } from '../kit/sockets.ts'

const PROGRAM = fileURLToPath(new URL('../../bench/load/open-loop.ts', import.meta.url))
const FLAGS = ['--disable-warning=ExperimentalWarning']

async function load(port: number, perSecond: number, seconds: number): Promise<Seen> {
  const words = [...FLAGS, PROGRAM, port, perSecond, seconds].map(String)
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 30_000 })
  return JSON.parse(stdout)
}

describe('load at a fixed rate', { skip: epollMissing() ?? false }, () => {
  it('counts connections as late that were due while nobody answered', async () => {
    let count = 0
    await using server = await TestServer.start((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
      // a standstill of everything that shares this thread, with a quarter of the connections behind it
      if (++count === 100) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
    })
    const { p50, p99, answered, failed } = await load(server.port, 200, 2)
    assert.deepEqual([answered, failed], [360, 0])
    assert.ok(p99 > 400_000, `the 99th percentile is ${p99} µs`)
    assert.ok(p50 < 400_000, `the median is ${p50} µs`)
  })

  it('counts what is answered wrongly, or not at all, as failed', async () => {
    let count = 0
    await using server = await TestServer.start((socket) => {
      socket.once('data', () => (++count % 2 === 0 ? socket.end('HTTP/1.1 500 No\r\n\r\n') : socket.resetAndDestroy()))
    })
    const { answered, failed } = await load(server.port, 100, 0.5)
    assert.deepEqual([answered, failed], [0, 50])
  })
})

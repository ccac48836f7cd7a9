import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { interleaved, rowsOf, startAll } from '../../bench/bench.ts'
import { type Plan, Samples } from '../../bench/findings.ts'
import { coresOf } from '../../bench/machine.ts'
import { Programs } from '../../bench/programs.ts'
import type { Peer } from '../../bench/proxies.ts'

describe('rounds of a benchmark', () => {
  const said: string[] = []
  const plan: Plan = { rounds: 3, seconds: 1, only: [], progress: (what) => said.push(what) }

  it('go through everything in the opposite order each time', async () => {
    const seen: string[] = []
    await interleaved(['a', 'b'], plan, 'letters', async (letter) => void seen.push(letter))
    assert.equal(seen.join(''), 'abbaab')
  })

  it('measure once more what failed, and say so', async () => {
    let count = 0
    await interleaved(['a'], { ...plan, rounds: 1 }, 'letters', async () => {
      if (++count === 1) throw new Error('a connection was lost')
    })
    assert.equal(count, 2)
    assert.equal(said.at(-1), 'letters: a connection was lost; once more')
  })

  it('end at what fails twice', async () => {
    const fails = interleaved(['a'], plan, 'letters', async () => {
      throw new Error('a connection was lost')
    })
    await assert.rejects(fails, /a connection was lost/)
  })

  it('leave a cell empty where nothing was measured, and a row out where nothing was at all', () => {
    const samples = new Samples()
    samples.add('nginx', 'CPU', 2)
    samples.add('nginx', 'CPU', 4)
    samples.add('nginx', 'CPU', 3)
    assert.deepEqual(rowsOf(samples, [{ name: 'CPU' }, { name: 'failed' }], ['nginx', 'absent'], []), [
      { name: 'nginx', ours: false, cells: [{ median: 3, least: 2, most: 4 }, null] },
    ])
  })

  it('run on the cores that there are for us', () => {
    assert.deepEqual(coresOf('Name:\tnode\nCpus_allowed_list:\t2-4,7\nMems_allowed_list:\t0\n'), [2, 3, 4, 7])
  })
})

describe('a peer that is not installed', () => {
  const said: string[] = []
  const plan: Plan = { rounds: 1, seconds: 1, only: [], progress: (what) => said.push(what) }
  const peer: Peer = { name: 'proxy 3000', needs: ['no-such-program'], files: {}, command: () => ['no-such-program'] }

  async function started(): Promise<number> {
    const programs = new Programs()
    try {
      return (await startAll(programs, [peer], 1, plan)).length
    } finally {
      await programs.close()
    }
  }

  it('is left out, which is said', async (test) => {
    test.mock.property(process, 'env', { ...process.env, CI: undefined })
    assert.equal(await started(), 0)
    assert.match(said.at(-1) ?? '', /proxy 3000 is left out: there is no no-such-program/)
  })

  it('is an error where CI is set', async (test) => {
    test.mock.property(process, 'env', { ...process.env, CI: 'true' })
    await assert.rejects(started(), /proxy 3000 needs no-such-program, and CI must have it/)
  })

  it('that does not start is told of with what it said', async () => {
    const programs = new Programs()
    const broken: Peer = { ...peer, needs: [], command: () => ['sh', '-c', 'echo no such option >&2; exit 1'] }
    try {
      await assert.rejects(
        startAll(programs, [broken], 1, plan, 'anywhere'),
        /proxy 3000 does not answer .*no such option/s,
      )
    } finally {
      await programs.close()
    }
  })
})

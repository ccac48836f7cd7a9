import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { quantile, ratios, type Spread, shown, spreadOf } from '../../bench/figures.ts'
import type { Findings, GroupName } from '../../bench/findings.ts'
import { barPlot } from '../../bench/plot.ts'
import { page } from '../../bench/report/page.ts'
import { targetTable } from '../../bench/report/targets.ts'
import { writeReport } from '../../bench/report/write.ts'

const MACHINE = {
  cpu: 'Example 9000',
  cores: 2,
  memoryGiB: 8,
  kernel: '6.1.0',
  congestionControl: 'cubic',
  node: '26.10.0',
  date: '2026-01-31',
}

function spread(median: number, least = median, most = median): Spread {
  return { median, least, most }
}

function findings(group: GroupName, more: Partial<Findings> = {}): Findings {
  const columns = [{ name: 'CPU, µs', plot: `${group}.svg` }, { name: 'failed, %' }]
  const rows = [
    { name: 'nginx', cells: [spread(70, 68, 74), null] },
    { name: 'Pointsman', ours: true, cells: [spread(63), spread(0)] },
  ]
  const tables = [{ title: `Table of ${group}`, columns, rows }]
  const [rounds, seconds, versions] = [3, 2, { nginx: '1.22.1' }]
  return {
    group,
    title: `About ${group}`,
    about: 'How.',
    rounds,
    seconds,
    machine: MACHINE,
    versions,
    tables,
    ratios: {},
    ...more,
  }
}

describe('figures of benchmarks', () => {
  it('are the median with the least and the most', () => {
    assert.deepEqual(spreadOf([5, 1, 3]), { median: 3, least: 1, most: 5 })
    assert.equal(quantile([4, 1, 3, 2], 0.99), 4)
  })

  it('are compared round by round, so that a slow moment of the machine slows both', () => {
    assert.deepEqual(ratios([10, 100, 30], [10, 50, 20]), { median: 1.5, least: 1, most: 2 })
  })

  it('are shown with the digits that count', () => {
    assert.deepEqual([shown(12_345.6), shown(45.67), shown(0.123), shown(Number.NaN)], ['12,346', '45.7', '0.12', '–'])
  })
})

describe('the page of benchmarks', () => {
  it('has each figure with its spread, ours in bold, and where they were made', () => {
    const text = page([findings('idle')], '')
    assert.match(text, /\| nginx \| 70\.0 \(68\.0–74\.0\) \| – \|/)
    assert.match(text, /\| \*\*Pointsman\*\* \| 63\.0 \| 0\.00 \|/)
    assert.match(
      text,
      /3 rounds of 2 s on 2026-01-31: 2 × Example 9000, 8 GiB, Linux 6\.1\.0 with cubic, Node 26\.10\.0, nginx 1\.22\.1\./,
    )
    assert.match(text, /!\[Table of idle: CPU, µs\]\(benchmarks\/idle\.svg\)/)
  })

  it('has the groups in their order, whatever order they were measured in', () => {
    const text = page([findings('changes'), findings('connections')], '')
    assert.ok(text.indexOf('## About connections') < text.indexOf('## About changes'))
  })

  it('keeps what was written by hand', () => {
    const first = page([findings('idle')], '')
    const explained = first.replace('Nothing has been said yet.', 'It is late because of | this |.')
    const again = page([findings('idle'), findings('relayed')], explained)
    assert.match(again, /<!-- by hand: begin -->\nIt is late because of \| this \|\.\n<!-- by hand: end -->/)
    assert.equal(page([findings('idle'), findings('relayed')], again), again)
  })

  it('is not written where the part that is written by hand would be lost', () => {
    const broken = page([findings('idle')], '').replace('<!-- by hand: end -->', '')
    assert.throws(() => page([findings('idle')], broken), /has lost a mark/)
  })

  it('says of each target whether it was reached', () => {
    const table = targetTable([
      findings('connections', {
        ratios: { 'connection, all different': spread(1.1, 1.05, 1.2), 'connection, 90 % alike': spread(1.01) },
      }),
      findings('relayed', { ratios: { 'throughput against HAProxy': spread(1.62), 'latency added': spread(1.11) } }),
    ])
    const last = (figure: string) =>
      table
        .split('\n')
        .find((line) => line.includes(figure))
        ?.split(' | ')
        .slice(-2)
    assert.deepEqual(last('all different'), ['1.10 × (1.05–1.20)', 'reached |'])
    assert.deepEqual(last('90 % alike'), ['1.01 × (1.01–1.01)', '**missed** |'])
    assert.deepEqual(last('one connection, against HAProxy'), ['1.62 × (1.62–1.62)', 'aim reached |'])
    assert.deepEqual(last('64-byte messages'), ['1.11 × (1.11–1.11)', '**missed** |'])
    assert.deepEqual(last('idle relayed connection'), ['–', 'not measured |'])
  })
})

describe('a report', () => {
  it('replaces what is known of its own group, and nothing else', () => {
    const docs = mkdtempSync(join(tmpdir(), 'pointsman-report-'))
    try {
      writeReport(findings('relayed'), docs)
      writeReport(findings('idle', { about: 'Once.' }), docs)
      writeReport(findings('idle', { about: 'Again.' }), docs)
      const text = readFileSync(join(docs, 'benchmarks.md'), 'utf8')
      assert.deepEqual(
        [text.includes('## About relayed'), text.includes('Once.'), text.includes('Again.')],
        [true, false, true],
      )
      assert.deepEqual(readdirSync(join(docs, 'benchmarks')).sort(), ['findings.json', 'idle.svg', 'relayed.svg'])
    } finally {
      rmSync(docs, { recursive: true })
    }
  })

  it('is refused, and the page left alone, when what is known cannot be read', () => {
    const docs = mkdtempSync(join(tmpdir(), 'pointsman-report-'))
    try {
      writeReport(findings('idle'), docs)
      const before = readFileSync(join(docs, 'benchmarks.md'), 'utf8')
      writeFileSync(join(docs, 'benchmarks', 'findings.json'), '{ half')
      assert.throws(() => writeReport(findings('idle', { about: 'Again.' }), docs), SyntaxError)
      assert.equal(readFileSync(join(docs, 'benchmarks.md'), 'utf8'), before)
    } finally {
      rmSync(docs, { recursive: true })
    }
  })
})

describe('a plot', () => {
  const svg = barPlot({
    title: 'time <µs> & more',
    rows: [
      { name: 'nginx', spread: spread(50, 40, 100) },
      { name: 'Pointsman', spread: spread(25), ours: true },
      { name: 'absent', spread: spread(Number.NaN) },
    ],
  })
  const widths = [...svg.matchAll(/<rect class="bar( ours)?" [^>]*width="([\d.]+)"/g)].map(([, ours, width]) => ({
    ours: ours !== undefined,
    width: Number(width),
  }))

  it('has a bar as long as each median, and leaves out what was not measured', () => {
    assert.deepEqual(
      widths.map(({ ours }) => ours),
      [false, true],
    )
    assert.equal(widths[0]?.width, 2 * (widths[1]?.width ?? 0))
    assert.doesNotMatch(svg, /absent|NaN/)
  })

  it('shows the spread', () => {
    const [, from, to] = /<line class="range" x1="([\d.]+)" x2="([\d.]+)"/.exec(svg) ?? []
    assert.ok(Number(to) - Number(from) > (widths[0]?.width ?? 0))
  })

  it('is readable on dark pages, and its words are no markup', () => {
    assert.match(svg, /prefers-color-scheme: dark/)
    assert.match(svg, /time &lt;µs&gt; &amp; more/)
    assert.doesNotMatch(svg, /fill="white"/)
  })

  it('can be drawn of nothing', () => {
    assert.doesNotMatch(barPlot({ title: 'none', rows: [] }), /NaN|Infinity/)
  })
})

import type { Spread } from './figures.ts'

/** A bar for each row: its length is the median, and a line shows the least and the most of all rounds. */
export interface Bars {
  readonly title: string
  readonly rows: readonly Bar[]
}

export interface Bar {
  readonly name: string
  readonly spread: Spread
  /** Drawn so that it stands out. */
  readonly ours?: boolean
}

const WIDTH = 800
const LEFT = 270
const RIGHT = 90
const TOP = 40
const ROW = 24
const BAR = 14
const TICKS = 5

/** Readable on light and on dark pages: it has no ground of its own, and its colours follow the reader's scheme. */
const STYLE = `text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 } .tick { fill: #6e7781; font-size: 10px } .grid { stroke: #d0d7de }
.bar { fill: #8c959f } .ours { fill: #0969da } .range { stroke: #24292f; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .tick { fill: #9198a1 } .grid { stroke: #3d444d }
  .bar { fill: #656c76 } .ours { fill: #4493f8 } .range { stroke: #e6edf3 }
}`

/** Draws bars as an SVG. Rows without a figure are left out. */
export function barPlot({ title, rows }: Bars): string {
  const drawn = rows.filter(({ spread }) => Number.isFinite(spread.median))
  const step = niceStep(Math.max(...drawn.map(({ spread }) => spread.most), 0) / TICKS)
  const end = step * Math.max(1, Math.ceil(Math.max(...drawn.map(({ spread }) => spread.most), 0) / step))
  const x = (value: number) => round(LEFT + (Math.max(0, value) / end) * (WIDTH - LEFT - RIGHT))
  const height = TOP + drawn.length * ROW + 24
  const grid = Array.from({ length: Math.round(end / step) + 1 }, (_, tick) => {
    const at = x(tick * step)
    return `<line class="grid" x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${height - 20}"/><text class="tick" x="${at}" y="${height - 6}" text-anchor="middle">${label(tick * step)}</text>`
  })
  const bars = drawn.map((bar, row) => drawBar(bar, TOP + row * ROW, x))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<text class="title" x="8" y="20">${escaped(title)}</text>
${[...grid, ...bars].join('\n')}
</svg>
`
}

function drawBar(
  { name, spread: { median, least, most }, ours }: Bar,
  y: number,
  x: (value: number) => number,
): string {
  const middle = y + BAR / 2
  return [
    `<text x="${LEFT - 8}" y="${y + 11}" text-anchor="end">${escaped(name)}</text>`,
    `<rect class="bar${ours ? ' ours' : ''}" x="${LEFT}" y="${y}" width="${round(x(median) - LEFT)}" height="${BAR}"/>`,
    `<line class="range" x1="${x(least)}" x2="${x(most)}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${round(Math.max(x(most), x(median)) + 6)}" y="${y + 11}">${label(median)}</text>`,
  ].join('')
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least: number): number {
  if (!(least > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least * 0.999) ?? power * 10
}

function label(value: number): string {
  if (value === 0) return '0'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

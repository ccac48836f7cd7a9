import { type Spread, shown } from '../figures.ts'
import type { Findings, GroupName } from '../findings.ts'

/** A figure that has to be reached. */
export interface Target {
  readonly figure: string
  readonly group: GroupName
  /** Among the group's ratios. */
  readonly ratio: string
  readonly least: number
  readonly aim: number
  readonly better: 'less' | 'more'
  readonly unit: '×' | 'µs'
}

/** Medians of one run. */
export const TARGETS: readonly Target[] = [
  connection(
    'CPU per routed short connection, all different, against nginx with njs',
    'connection, all different',
    1.15,
    1,
  ),
  connection('the same, 90 % alike', 'connection, 90 % alike', 1, 0.9),
  throughput('relayed throughput, one connection, against HAProxy', 'throughput against HAProxy'),
  throughput('the same, against the best of HAProxy’s settings', 'throughput against HAProxy’s best'),
  {
    figure: 'latency added to 64-byte messages, against nginx stream',
    group: 'relayed',
    ratio: 'latency added',
    least: 1.1,
    aim: 1,
    better: 'less',
    unit: '×',
  },
  {
    figure: 'memory per idle relayed connection, against nginx stream',
    group: 'idle',
    ratio: 'memory per idle connection',
    least: 1.2,
    aim: 0.5,
    better: 'less',
    unit: '×',
  },
  decision('decision latency unloaded, p50', 'decision p50', 150, 60),
  decision('the same, p99', 'decision p99', 800, 300),
]

export type Verdict = 'aim reached' | 'reached' | 'missed' | 'not measured'

export function verdictOf({ least, aim, better }: Target, ours: Spread | undefined): Verdict {
  if (ours === undefined || !Number.isFinite(ours.median)) return 'not measured'
  const reaches = (limit: number) => (better === 'less' ? ours.median <= limit : ours.median >= limit)
  if (reaches(aim)) return 'aim reached'
  return reaches(least) ? 'reached' : 'missed'
}

/** As a table of Markdown. */
export function targetTable(findings: readonly Findings[]): string {
  const rows = TARGETS.map((target) => {
    const ours = findings.find(({ group }) => group === target.group)?.ratios[target.ratio]
    const { unit } = target
    const limit = (value: number) => `${target.better === 'less' ? '≤' : '≥'} ${value} ${unit}`
    const measured =
      ours === undefined ? '–' : `${shown(ours.median)} ${unit} (${shown(ours.least)}–${shown(ours.most)})`
    const verdict = verdictOf(target, ours)
    return `| ${target.figure} | ${limit(target.least)} | ${limit(target.aim)} | ${measured} | ${verdict === 'missed' ? '**missed**' : verdict} |`
  })
  return ['| figure | at least | aim | ours (least–most) | |', '|---|--:|--:|--:|---|', ...rows].join('\n')
}

function connection(figure: string, ratio: string, least: number, aim: number): Target {
  return { figure, group: 'connections', ratio, least, aim, better: 'less', unit: '×' }
}

function throughput(figure: string, ratio: string): Target {
  return { figure, group: 'relayed', ratio, least: 1.2, aim: 1.5, better: 'more', unit: '×' }
}

function decision(figure: string, ratio: string, least: number, aim: number): Target {
  return { figure, group: 'decisions', ratio, least, aim, better: 'less', unit: 'µs' }
}

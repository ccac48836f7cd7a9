import type { Status } from './status.ts'

/** Prometheus's text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

/** The operator's own routers are told apart by the empty tenant, which no tenant can be called. */
export function metricsText({ routers, tenants }: Status): string {
  const perTenant = (value: (of: Status['tenants'][number]) => number): Sample[] =>
    tenants.map((of) => [{ tenant: of.tenant }, value(of)])
  const served = routers.filter(({ version }) => version !== undefined)
  return [
    metric(
      'connections',
      'gauge',
      'Client connections now.',
      perTenant(({ connections }) => connections),
    ),
    metric(
      'connections_total',
      'counter',
      'Client connections since the start.',
      perTenant(({ accepted }) => accepted),
    ),
    metric(
      'decisions_total',
      'counter',
      'Decisions asked for.',
      perTenant(({ decisions }) => decisions),
    ),
    metric(
      'decisions_failed_total',
      'counter',
      'Decisions without an answer.',
      perTenant(({ failures }) => failures),
    ),
    metric(
      'memo_hits_total',
      'counter',
      'Decisions that were remembered: nobody was asked.',
      perTenant(({ memoHits }) => memoHits),
    ),
    metric('relayed_bytes_total', 'counter', 'Bytes of connections that have ended.', [
      ...tenants.map(({ tenant, bytesUp }): Sample => [{ tenant, direction: 'up' }, bytesUp]),
      ...tenants.map(({ tenant, bytesDown }): Sample => [{ tenant, direction: 'down' }, bytesDown]),
    ]),
    metric(
      'limited_total',
      'counter',
      'How often a limit made something wait, be refused or be lost.',
      tenants.flatMap(({ tenant, limited }) =>
        Object.entries(limited).map(([limit, times]): Sample => [{ tenant, limit }, times]),
      ),
    ),
    metric(
      'router_version',
      'gauge',
      'The version that is served, counted from 1 since the start.',
      served.map(({ router, version = 0 }) => [{ router }, version]),
    ),
    metric(
      'router_refused',
      'gauge',
      '1 while the newest source of a router is not served.',
      routers.map(({ router, refused }) => [{ router }, refused === undefined ? 0 : 1]),
    ),
    metric(
      'router_rolled_back',
      'gauge',
      '1 while a version serves that a newer one had replaced and failed.',
      routers.map(({ router, rolledBack }) => [{ router }, rolledBack ? 1 : 0]),
    ),
    metric(
      'router_quarantined',
      'gauge',
      '1 while a router is not asked because of its strikes.',
      routers.map(({ router, standing }) => [{ router }, standing === 'quarantined' ? 1 : 0]),
    ),
    metric(
      'router_strikes',
      'gauge',
      'Strikes that still count.',
      routers.map(({ router, strikes }) => [{ router }, strikes]),
    ),
  ].join('')
}

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `pointsman_${name}{${labelsText(labels)}} ${value}\n`)
  return `# HELP pointsman_${name} ${help}\n# TYPE pointsman_${name} ${type}\n${lines.join('')}`
}

function labelsText(labels: Labels): string {
  const escaped = (text: string) => text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')
}

import type { ConnectTarget } from './transport.ts'

/** `host:port`, with brackets round an IPv6 address. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** `address:port`, `[address]:port` for IPv6, or `unix:/path`. */
export function formatTarget(target: ConnectTarget): string {
  if (target.kind === 'unix') return `unix:${target.path}`
  return formatAddress(target.address, target.port)
}

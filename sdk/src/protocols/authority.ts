/** `host` or `host:port`, as HTTP's Host field, the target of CONNECT and `:authority` have it. */
export interface Authority {
  /** In lower case, an IPv6 address without brackets. */
  readonly host: string
  readonly port: number | undefined
}

const AUTHORITY = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([0-9a-zA-Z._-]{0,253}))(?::([0-9]{0,5}))?$/

/** Reads an authority (RFC 3986, section 3.2) without user information, or `undefined` when it is none. */
export function parseAuthority(text: string): Authority | undefined {
  const found = AUTHORITY.exec(text)
  if (found === null) return undefined
  const port = found[3] ? Number(found[3]) : undefined
  if (port !== undefined && port > 65_535) return undefined
  return { host: (found[1] ?? found[2] ?? '').toLowerCase(), port }
}

/** An IPv4 address of 4 bytes, or an IPv6 address of 16, as text; IPv6 in the form of RFC 5952. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0))
  const zeros = longestZeros(groups)
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':')
  if (zeros.size < 2) return text(groups)
  return `${text(groups.slice(0, zeros.from))}::${text(groups.slice(zeros.from + zeros.size))}`
}

function longestZeros(groups: readonly number[]): { from: number; size: number } {
  let best = { from: 0, size: 0 }
  let from = 0
  groups.forEach((group, at) => {
    if (group !== 0) from = at + 1
    else if (at + 1 - from > best.size) best = { from, size: at + 1 - from }
  })
  return best
}

/** Whether `text` could be a host name, an IPv4 address, or an IPv6 address without brackets. */
export function isHost(text: string): boolean {
  return /^[0-9a-zA-Z_.-]{1,253}$/.test(text) || isIpv6(text)
}

/** `host` and `port` in the form of an answer's `remote`. */
export function remoteText(host: string, port: number): `${string}:${number}` | `[${string}]:${number}` {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether `text` is an IPv4 address in four decimal numbers. */
export function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text)
}

/** Whether `text` is an IPv6 address, without brackets and zone. */
export function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2 || text.length > 45) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const dotted = last.includes('.') && !text.endsWith('::')
  if (dotted && !isIpv4(groups.pop() ?? '')) return false
  const count = groups.length + (dotted ? 2 : 0)
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? count < 8 : count === 8)
}

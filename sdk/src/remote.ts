import type { Remote } from './answer.ts'

/** A parsed `Remote`: a host (a name, or an address without brackets) and a port, or the path of a unix socket. */
export type UpstreamAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

const MAX_HOST = 253
const MAX_UNIX_PATH = 107 // sun_path of sockaddr_un, less its NUL (unix(7))
/** Letters of all scripts: an international name is brought to its ASCII form before it is looked up. */
const HOST = /^(?:\[([0-9a-fA-F:.]+(?:%[0-9a-zA-Z_.-]+)?)\]|([\p{L}\p{M}\p{N}_.-]+)):([0-9]{1,5})$/u

/** Alphabets with letters that look like Latin ones: a label that mixes them was made to look like another (UTS 39, 5.2). */
const LATIN = /\p{Script=Latin}/u
const LOOK_ALIKES =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/u

/** Reads `host:port`, `[ipv6]:port` or `unix:/path`; the answer to anything else is a sentence that says what is wrong. */
export function parseRemote(text: string): UpstreamAddress | string {
  if (text.startsWith('unix:')) return parseUnixPath(text.slice('unix:'.length))
  const match = HOST.exec(text)
  if (match === null) return `${quote(text)} is not host:port, [ipv6]:port or unix:/path`
  const host = match[1] ?? match[2] ?? ''
  const port = Number(match[3])
  if (host.length > MAX_HOST) return `${quote(text)} has a host of more than ${MAX_HOST} characters`
  if (port < 1 || port > 65_535) return `${quote(text)} has a port that is not between 1 and 65535`
  if (host.split('.').some((label) => LATIN.test(label) && LOOK_ALIKES.test(label)))
    return `${quote(text)} mixes alphabets whose letters look alike; write the name that is meant, or its form with xn--`
  return { kind: 'tcp', host, port }
}

function parseUnixPath(path: string): UpstreamAddress | string {
  if (!path.startsWith('/')) return `${quote(`unix:${path}`)} does not name an absolute path`
  if (path.length > MAX_UNIX_PATH) return `${quote(`unix:${path}`)} is longer than ${MAX_UNIX_PATH} characters`
  if (path.includes('\0')) return 'a unix: path holds a NUL character'
  return { kind: 'unix', path }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

/**
 * Turns a string that was put together at run time into a `Remote`.
 *
 * @throws an `Error` when it is not `host:port`, `[ipv6]:port` or `unix:/path`.
 *
 * @example
 * const site = latin1(conn.bytes.subarray(1, 9))
 * return { remote: remote(`${site}.internal:80`) }
 */
export function remote(text: string): Remote {
  const parsed = parseRemote(text)
  if (typeof parsed === 'string') throw new Error(`remote(): ${parsed}`)
  return text as Remote
}

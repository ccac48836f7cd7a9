import { http2Request, httpRequest, type Match, tlsClientHello } from 'router-sdk/protocols'

/** The host name that a client asks for, in lower case and without a dot at its end; `undefined` when it asks for none. */
export interface ServerName {
  readonly name: string | undefined
}

const NAMELESS: ServerName = { name: undefined }
const HEAD_END = '\r\n\r\n'
/** Bytes that may be looked at for each byte that has come. */
const EFFORT = 16

/**
 * Reads from a connection's first bytes which host its client asks for: TLS says it in its ClientHello (of an encrypted one the
 * outer name counts), HTTP/1 in its target or `Host`, HTTP/2 in `:authority`.
 *
 * The parsers begin at the first byte each time. A client that sends byte by byte must not make that much work, so the bytes
 * looked at, in all, are bounded by a multiple of those that have come: past it, only the end of an HTTP head, or the last
 * call, is looked at at once.
 */
export class ServerNameReader {
  #wanted = 1
  #looked = 0
  #searched = 0
  #headEnded = false

  /** `bytes`: all that have come; `final`: no more will. `undefined` while more are needed. */
  read(bytes: Buffer, final: boolean): ServerName | undefined {
    const due = this.#headEnds(bytes) || (bytes.length >= this.#wanted && this.#looked <= EFFORT * bytes.length)
    if (!due && !final) return undefined
    this.#looked += bytes.length
    const found = serverName(bytes)
    if (found.match === 'yes') return found.name === undefined ? NAMELESS : { name: found.name.replace(/\.$/, '') }
    if (found.match === 'no' || final) return NAMELESS
    this.#wanted = found.atLeast
    return undefined
  }

  /** Whether the first empty line is among the bytes that are new. */
  #headEnds(bytes: Buffer): boolean {
    if (this.#headEnded) return false
    this.#headEnded = bytes.includes(HEAD_END, Math.max(0, this.#searched - HEAD_END.length + 1), 'latin1')
    this.#searched = bytes.length
    return this.#headEnded
  }
}

type Named = { readonly match: 'yes'; readonly name: string | undefined }

/** No two of these protocols begin alike beyond HTTP's `PRI`, which only version 2 may go on from. */
function serverName(bytes: Buffer): Match<Named> {
  const tls = tlsClientHello(bytes)
  if (tls.match === 'yes') return { match: 'yes', name: tls.serverName }
  if (tls.match === 'need-more' && bytes.length > 0) return tls
  const http2 = http2Request(bytes)
  if (http2.match === 'yes') return { match: 'yes', name: http2.host }
  const http1 = httpRequest(bytes)
  if (http1.match === 'yes') return { match: 'yes', name: http1.host }
  if (http1.match === 'no') return http2
  return http2.match === 'no' || http1.atLeast < http2.atLeast ? http1 : http2
}

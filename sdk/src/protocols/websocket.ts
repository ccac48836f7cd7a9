/**
 * The HTTP request with which a WebSocket begins.
 *
 * Specification: RFC 6455, sections 4.1 and 4.2.1.
 */
import { type HttpRequest, httpRequest } from './http1.ts'
import { type Match, NO } from './match.ts'

/** A request to go on as a WebSocket. */
export interface WebSocketUpgrade extends HttpRequest {
  /** The sub-protocols that the client offers, best first. */
  readonly protocols: readonly string[]
  /** The page that opened it, where a browser did: `https://example.com`. */
  readonly origin: string | undefined
}

const KEY = /^[0-9A-Za-z+/]{21}[AQgw]==$/

/**
 * Reads a request for a WebSocket; any other request is no match.
 *
 * @example
 * const socket = webSocketUpgrade(conn.bytes)
 * if (socket.match === 'yes') return { remote: socket.path === '/chat' ? '10.0.0.5:80' : '10.0.0.6:80' }
 */
export function webSocketUpgrade(bytes: Uint8Array): Match<WebSocketUpgrade> {
  const request = httpRequest(bytes)
  if (request.match !== 'yes') return request
  const { method, version, headers } = request
  if (method !== 'GET' || version !== '1.1' || headers['sec-websocket-version'] !== '13') return NO
  if (!lists(headers.upgrade, 'websocket') || !lists(headers.connection, 'upgrade')) return NO
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) return NO
  return { ...request, protocols: items(headers['sec-websocket-protocol']), origin: headers.origin }
}

function lists(field: string | undefined, token: string): boolean {
  return items(field).some((item) => item.toLowerCase() === token)
}

function items(field: string | undefined): string[] {
  return (field ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

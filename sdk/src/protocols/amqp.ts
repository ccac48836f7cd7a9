/**
 * The eight bytes with which an AMQP client begins.
 *
 * Specification: "AMQP 0-9-1", section 4.2.2 "Protocol Header"; OASIS "AMQP Version 1.0", sections 2.2 "Version Negotiation",
 * 5.2 (TLS) and 5.3 (SASL).
 */
import { agrees, type Match, NO, needMore } from './match.ts'

/** What an AMQP client begins with. */
export interface AmqpHeader {
  readonly match: 'yes'
  /** What is spoken first: AMQP itself, or the TLS or SASL layer of AMQP 1.0. */
  readonly layer: 'amqp' | 'tls' | 'sasl'
  /** `0-9-1` (RabbitMQ's clients), `1.0.0`, or an older one: `0-8`, `0-9`, `0-10`. */
  readonly version: string
  /** Always 8. */
  readonly length: number
}

const HEADERS: Readonly<Record<string, Pick<AmqpHeader, 'layer' | 'version'>>> = {
  '0.0.9.1': { layer: 'amqp', version: '0-9-1' },
  '0.1.0.0': { layer: 'amqp', version: '1.0.0' },
  '2.1.0.0': { layer: 'tls', version: '1.0.0' },
  '3.1.0.0': { layer: 'sasl', version: '1.0.0' },
  '1.1.8.0': { layer: 'amqp', version: '0-8' },
  '1.1.0.9': { layer: 'amqp', version: '0-9' },
  '1.1.0.10': { layer: 'amqp', version: '0-10' },
}

/**
 * Reads the protocol header of an AMQP client. It carries no name: virtual host and user follow only after the server spoke.
 *
 * @example
 * const amqp = amqpHeader(conn.bytes)
 * if (amqp.match === 'yes') return { remote: amqp.version === '0-9-1' ? '10.0.0.5:5672' : '10.0.0.6:5672' }
 */
export function amqpHeader(bytes: Uint8Array): Match<AmqpHeader> {
  if (!agrees(bytes, 0, 'AMQP')) return NO
  if (bytes.length < 8) return needMore(8)
  const found = HEADERS[bytes.subarray(4, 8).join('.')]
  return found === undefined ? NO : { match: 'yes', ...found, length: 8 }
}

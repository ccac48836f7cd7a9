/**
 * The CONNECT packet with which an MQTT client begins.
 *
 * Specification: "MQTT V3.1 Protocol Specification" (IBM), section 3.1; OASIS "MQTT Version 3.1.1" and "MQTT Version 5.0",
 * section 3.1 each.
 */
import { agrees, type Match, type NeedMore, NO, type NoMatch, needMore } from './match.ts'
import { Reader } from './reader.ts'
import { strictUtf8Text } from './text.ts'

/** How an MQTT client introduces itself. */
export interface MqttConnect {
  readonly match: 'yes'
  /** The version of MQTT. */
  readonly version: '3.1' | '3.1.1' | '5.0'
  /** `''` when the client leaves it to the server to name it. */
  readonly clientId: string
  /** The user name, where the client gives one. */
  readonly user: string | undefined
  /** As sent, in clear: up to 65,535 bytes. */
  readonly password: Uint8Array | undefined
  /** Whether an earlier session is to be forgotten (clean session, before version 5). */
  readonly cleanStart: boolean
  /** Seconds, 0 for none. */
  readonly keepAlive: number
  /** What the server is to publish when the client disappears. */
  readonly will: MqttWill | undefined
  /** The user properties of version 5, in order; a name may come more than once. */
  readonly userProperties: readonly (readonly [string, string])[]
  /** The length of the packet; others may follow at once. */
  readonly length: number
}

/** A message that the server keeps for a client. */
export interface MqttWill {
  /** Where the message is published. */
  readonly topic: string
  /** The message, up to 65,535 bytes. */
  readonly payload: Uint8Array
  /** How it is delivered: 0 at most once, 1 at least once, 2 exactly once. */
  readonly qos: number
  /** Whether the server keeps it for later subscribers. */
  readonly retain: boolean
}

const MAX_PACKET = 327_680 // five fields of 64 KiB
const VERSIONS: Readonly<Record<string, MqttConnect['version']>> = { MQIsdp3: '3.1', MQTT4: '3.1.1', MQTT5: '5.0' }

/**
 * Reads a CONNECT packet.
 *
 * @example
 * const mqtt = mqttConnect(conn.bytes)
 * if (mqtt.match === 'need-more') return { noop: true, atLeast: mqtt.atLeast }
 * if (mqtt.match === 'no') return { close: true }
 * return mqtt.clientId.startsWith('till-') ? { remote: '10.0.0.5:1883' } : { remote: '10.0.0.6:1883' }
 */
export function mqttConnect(bytes: Uint8Array): Match<MqttConnect> {
  const header = readHeader(bytes)
  if (header.match !== 'yes') return header
  const { from, length } = header
  if (!agrees(bytes, from, '\0\x04MQTT') && !agrees(bytes, from, '\0\x06MQIsdp')) return NO
  return bytes.length < length ? needMore(length) : readConnect(new Reader(bytes, from, length), length)
}

interface Header {
  readonly match: 'yes'
  readonly from: number
  readonly length: number
}

const SHORTEST = 14

/** The packet's type and its remaining length, one to four bytes of seven bits. */
function readHeader(bytes: Uint8Array): Header | NeedMore | NoMatch {
  if (bytes.length > 0 && bytes[0] !== 0x10) return NO
  let size = 0
  for (let at = 1; at <= 4; at++) {
    const byte = bytes[at]
    if (byte === undefined) return needMore(SHORTEST)
    size += (byte & 0x7f) * 128 ** (at - 1)
    if (size > MAX_PACKET) return NO
    if (byte < 0x80) return size < SHORTEST - 2 ? NO : { match: 'yes', from: at + 1, length: at + 1 + size }
  }
  return NO
}

interface Flags {
  readonly user: boolean
  readonly password: boolean
  readonly willRetain: boolean
  readonly willQos: number
  readonly will: boolean
  readonly cleanStart: boolean
}

function readConnect(packet: Reader, length: number): Match<MqttConnect> {
  const name = readString(packet)
  // The top bit marks a bridge between two servers (mosquitto).
  const version = VERSIONS[`${name}${packet.u8() & 0x7f}`]
  const flags = readFlags(packet.u8(), version)
  const keepAlive = packet.u16()
  if (version === undefined || flags === undefined) return NO
  const userProperties: [string, string][] = []
  if (version === '5.0' && !readProperties(packet, userProperties)) return NO
  const clientId = readString(packet)
  const will = flags.will ? readWill(packet, flags, version) : undefined
  const user = flags.user ? readString(packet) : undefined
  const password = flags.password ? packet.take(packet.u16()).slice() : undefined
  if (!packet.ok || packet.left > 0 || clientId === undefined) return NO
  if ((flags.will && will === undefined) || (flags.user && user === undefined)) return NO
  const { cleanStart } = flags
  return { match: 'yes', version, clientId, user, password, cleanStart, keepAlive, will, userProperties, length }
}

function readFlags(byte: number, version: MqttConnect['version'] | undefined): Flags | undefined {
  const flags: Flags = {
    user: (byte & 0x80) !== 0,
    password: (byte & 0x40) !== 0,
    willRetain: (byte & 0x20) !== 0,
    willQos: (byte >> 3) & 3,
    will: (byte & 0x04) !== 0,
    cleanStart: (byte & 0x02) !== 0,
  }
  if (flags.willQos === 3 || (byte & 1) !== 0) return undefined
  if (!flags.will && (flags.willRetain || flags.willQos > 0)) return undefined
  return version !== '5.0' && flags.password && !flags.user ? undefined : flags
}

function readWill(packet: Reader, flags: Flags, version: MqttConnect['version']): MqttWill | undefined {
  if (version === '5.0' && !readProperties(packet, [])) return undefined
  const topic = readString(packet)
  const payload = packet.take(packet.u16()).slice()
  return topic === undefined ? undefined : { topic, payload, qos: flags.willQos, retain: flags.willRetain }
}

/** A string of UTF-8 without NUL; the specification has the connection closed on any other. */
function readString(packet: Reader): string | undefined {
  const bytes = packet.take(packet.u16())
  const text = strictUtf8Text(bytes, 0, bytes.length)
  return !packet.ok || text?.includes('\0') ? undefined : text
}

/** Sizes of the properties that CONNECT and a will may have; those that are not here are strings or data. */
const PROPERTY_SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 4, 17: 4, 23: 1, 24: 4, 25: 1, 33: 2, 34: 2, 39: 4 }
const PROPERTY_DATA = [3, 8, 9, 21, 22]
const USER_PROPERTY = 38

function readProperties(packet: Reader, user: [string, string][]): boolean {
  const properties = packet.part(readVariable(packet))
  const seen: number[] = []
  while (packet.ok && properties.ok && properties.left > 0) {
    const id = properties.u8()
    if (id === USER_PROPERTY) {
      const name = readString(properties)
      const value = readString(properties)
      if (name === undefined || value === undefined) return false
      user.push([name, value])
      continue
    }
    if (seen.includes(id)) return false
    seen.push(id)
    const size = PROPERTY_SIZES[id]
    if (size === undefined && !PROPERTY_DATA.includes(id)) return false
    properties.skip(size ?? properties.u16())
  }
  return packet.ok && properties.ok
}

/** A number of one to four bytes of seven bits; -1 when it does not end. */
function readVariable(packet: Reader): number {
  let value = 0
  for (let at = 0; at < 4; at++) {
    const byte = packet.u8()
    value += (byte & 0x7f) * 128 ** at
    if (byte < 0x80) return value
  }
  return -1
}

/**
 * The handshake of a Minecraft client (Java Edition, 1.7 and later).
 *
 * Specification: the Minecraft Wiki's "Java Edition protocol", sections "Packet format", "Data types" and "Handshake"; no other
 * has been published.
 */
import { type Match, NO, needMore } from './match.ts'
import { Reader } from './reader.ts'
import { strictUtf8Text } from './text.ts'

/** Where a player wants to go. */
export interface MinecraftHandshake {
  readonly match: 'yes'
  /** The host name that the player typed (or that it points to by SRV), in lower case, without a dot at its end. */
  readonly host: string
  /** The port that the player typed: 0 to 65,535, 25,565 unless named. */
  readonly port: number
  /** The number of the protocol: 47 for 1.8, 763 for 1.20. */
  readonly protocol: number
  /** What the client wants: the server's line in its list, or to play. */
  readonly next: 'status' | 'login' | 'transfer'
  /** What mod loaders put behind the host name, such as `FML2`, without the NULs around it. */
  readonly marker: string | undefined
  /** The length of the packet; the next one usually follows at once. */
  readonly length: number
}

const NEXT = ['status', 'login', 'transfer'] as const
const MAX_PACKET = 2048
const SHORTEST = 8

/**
 * Reads the handshake of a Minecraft client.
 *
 * @example
 * const minecraft = minecraftHandshake(conn.bytes)
 * if (minecraft.match === 'need-more') return { noop: true, atLeast: minecraft.atLeast }
 * if (minecraft.match === 'no') return { close: true }
 * return { remote: minecraft.host === 'sky.example.com' ? '10.0.0.5:25565' : '10.0.0.6:25565' }
 */
export function minecraftHandshake(bytes: Uint8Array): Match<MinecraftHandshake> {
  const header = new Reader(bytes)
  const size = readVarint(header)
  if (!header.ok) return bytes.length >= 3 || size === -1 ? NO : needMore(SHORTEST)
  const length = header.at + size
  if (size < SHORTEST - 1 || size > MAX_PACKET) return NO
  if ((bytes[header.at] ?? 0) !== 0) return NO
  return bytes.length < length ? needMore(length) : readHandshake(new Reader(bytes, header.at + 1, length), length)
}

function readHandshake(packet: Reader, length: number): Match<MinecraftHandshake> {
  const protocol = readVarint(packet)
  const bytes = packet.take(readVarint(packet))
  const address = strictUtf8Text(bytes, 0, bytes.length)
  const port = packet.u16()
  const next = NEXT[readVarint(packet) - 1]
  if (!packet.ok || packet.left > 0 || address === undefined || next === undefined) return NO
  const [name = '', ...markers] = address.split('\0')
  const host = name.toLowerCase().replace(/\.$/, '')
  const marker = markers.filter((text) => text !== '').join('\0')
  return { match: 'yes', host, port, protocol, next, marker: marker === '' ? undefined : marker, length }
}

/** A number of up to five bytes of seven bits, in two's complement; the reader fails where it does not end. */
function readVarint(packet: Reader): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = packet.u8()
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
  packet.skip(-1)
  return -1
}

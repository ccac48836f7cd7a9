import { type IConnectPacket, type Packet, parser } from 'mqtt-packet'
import { type MqttConnect, mqttConnect } from 'router-sdk/protocols'
import { mqtt as connect } from 'router-sdk/testing'
import * as fixtures from '../../fixtures/protocols/mqtt.ts'
import { bytesOf, type Oracle, reasonOf } from './oracle.ts'

const VERSIONS: Readonly<Record<number, string>> = { 3: '3.1', 4: '3.1.1', 5: '5.0' }

export const mqtt: Oracle = {
  name: 'mqtt-packet',
  fixtures: [...Object.values(fixtures), bytesOf(connect('till-7', { user: 'alice' }))],
  mutants: 20_000,
  bothRead: 2000,
  compare(bytes) {
    const ours = mqttConnect(bytes)
    const theirs = read(bytes)
    if (ours.match !== 'yes')
      return theirs === undefined ? { kind: 'neither' } : { kind: 'theirs', reason: whyRefused(bytes, theirs) }
    if (theirs === undefined) return { kind: 'ours', reason: undefined }
    return { kind: 'both', ours: ourWords(ours), theirs: theirWords(theirs) }
  },
}

/** The first packet, when it is a CONNECT that came whole. */
function read(bytes: Uint8Array): IConnectPacket | undefined {
  const packets: Packet[] = []
  const reader = parser()
  reader.on('packet', (packet) => packets.push(packet))
  reader.on('error', () => {})
  try {
    reader.parse(Buffer.from(bytes))
  } catch {
    // Of what comes behind the first packet, too.
  }
  const [first] = packets
  return first?.cmd === 'connect' ? first : undefined
}

function ourWords({ version, clientId, user, password, cleanStart, keepAlive, will }: MqttConnect): unknown {
  const last = will && [will.topic, hexOf(will.payload), will.qos, will.retain]
  return [version, clientId, user, hexOf(password), cleanStart, keepAlive, last]
}

function theirWords(packet: IConnectPacket): unknown {
  const { protocolVersion = 0, clientId, username, password, clean, keepalive, will } = packet
  const last = will && [will.topic, hexOf(Buffer.from(will.payload)), will.qos, will.retain]
  return [VERSIONS[protocolVersion], clientId, username, hexOf(password), clean, keepalive, last]
}

function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('hex')
}

function whyRefused(bytes: Uint8Array, { protocolId, protocolVersion, ...packet }: IConnectPacket): string | undefined {
  const { clientId, username, password, will, length = 0 } = packet
  const texts = [clientId, username ?? '', will?.topic ?? '']
  return reasonOf({
    'its name and version do not go together': (protocolId === 'MQIsdp') !== (protocolVersion === 3),
    'its will has a quality of service of 3': String(will?.qos) === '3',
    'a text is not UTF-8, or has a NUL': texts.some((text) => /[\0\ufffd]/.test(text)),
    'it has a password without a user': protocolVersion !== 5 && password !== undefined && username === undefined,
    'it does not end where it says': encodedLength(packet, protocolId, protocolVersion) !== length,
    'its length is written longer than it need be': bytes[1] === 0x80,
    'a property is unknown, doubled or broken': protocolVersion === 5,
  })
}

/** What a packet of version 3 or 4 with these contents takes, after its first two bytes. */
function encodedLength(packet: Partial<IConnectPacket>, id = '', version = 0): number {
  const { clientId = '', username, password, will, length = 0 } = packet
  if (version === 5) return length
  const parts = [id, clientId, username, password, will?.topic, will?.payload]
  return parts.reduce((sum: number, part) => sum + (part === undefined ? 0 : 2 + Buffer.byteLength(part)), 4)
}

import frames from 'rhea/lib/frames.js'
import { amqpHeader } from 'router-sdk/protocols'
import * as fixtures from '../../fixtures/protocols/amqp.ts'
import { bytesOf, type Oracle, reasonOf } from './oracle.ts'

const LAYERS: Readonly<Record<number, string>> = { 0: 'amqp', 2: 'tls', 3: 'sasl' }

/** rhea speaks AMQP 1.0, and names two of the older versions when it refuses them. */
export const amqp: Oracle = {
  name: 'rhea',
  fixtures: [
    ...Object.values(fixtures),
    ...[0, 2, 3].map((layer) => bytesOf(`AMQP${String.fromCharCode(layer)}\x01\0\0`)),
    bytesOf('AMQP\x01\x01\0\x0a'),
  ],
  mutants: 10_000,
  bothRead: 1000,
  compare(bytes) {
    const ours = amqpHeader(bytes)
    const theirs = read(bytes)
    if (ours.match !== 'yes')
      return theirs === undefined ? { kind: 'neither' } : { kind: 'theirs', reason: whyRefused(bytes) }
    if (ours.version === '0-8' || ours.version === '0-9')
      return { kind: 'ours', reason: 'theirs does not name this version, or takes it for another' }
    if (theirs === undefined) return { kind: 'ours', reason: undefined }
    return { kind: 'both', ours: [ours.layer, ours.version], theirs }
  },
}

function read(bytes: Uint8Array): readonly [layer: string | undefined, version: string] | undefined {
  try {
    const { protocol_id: layer, major, minor, revision } = frames.read_header(Buffer.from(bytes))
    return [LAYERS[layer], `${major}.${minor}.${revision}`]
  } catch (error) {
    const [, version] =
      /^Unsupported AMQP version: (0-\d+(?:-\d+)?)$/.exec(error instanceof Error ? error.message : '') ?? []
    return version === undefined ? undefined : ['amqp', version]
  }
}

function whyRefused(bytes: Uint8Array): string | undefined {
  const name = Buffer.from(bytes).toString('latin1', 0, 4)
  const [layer = 0, , , revision] = bytes.subarray(4)
  return reasonOf({
    'it does not begin with AMQP once each byte has its top bit, which theirs drops': name !== 'AMQP',
    'it is of no layer, or of a revision that there is not': !(layer in LAYERS) || revision !== 0,
  })
}

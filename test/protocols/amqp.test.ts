import { amqpHeader } from '../../sdk/src/protocols/amqp.ts'
import { amqpTools } from '../fixtures/protocols/amqp.ts'
import { ascii } from '../fixtures/protocols/hex.ts'
import { everyCut } from './every-cut.ts'

everyCut(amqpHeader, {
  yes: {
    'amqp-publish': [amqpTools, { layer: 'amqp', version: '0-9-1', length: 8 }],
    'AMQP 1.0, and its first frame': [
      ascii('AMQP\0\x01\0\0\0\0\0\x20'),
      { layer: 'amqp', version: '1.0.0', length: 8 },
    ],
    'TLS of AMQP 1.0': [ascii('AMQP\x02\x01\0\0'), { layer: 'tls', version: '1.0.0', length: 8 }],
    'SASL of AMQP 1.0': [ascii('AMQP\x03\x01\0\0'), { layer: 'sasl', version: '1.0.0', length: 8 }],
    'AMQP 0-8': [ascii('AMQP\x01\x01\x08\0'), { layer: 'amqp', version: '0-8', length: 8 }],
    'AMQP 0-9': [ascii('AMQP\x01\x01\0\x09'), { layer: 'amqp', version: '0-9', length: 8 }],
    'AMQP 0-10': [ascii('AMQP\x01\x01\0\x0a'), { layer: 'amqp', version: '0-10', length: 8 }],
  },
  no: {
    'another name': ascii('AMQX'),
    'an unknown version': ascii('AMQP\x09\x09\x09\x09'),
    HTTP: ascii('GET / HTTP/1.1\r\n'),
  },
})

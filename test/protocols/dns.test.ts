import { dnsQuery } from '../../sdk/src/protocols/dns.ts'
import * as real from '../fixtures/protocols/dns.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import { everyCut } from './every-cut.ts'

const query = (name: string, tail = '00 01 00 01', flags = '01 00 00 01') => {
  const message = hex(`12 34 ${flags} 00 00 00 00 00 00 ${name} ${tail}`)
  return Uint8Array.from([0, message.length, ...message])
}
const plain = { id: 0x1234, class: 'IN', recursionDesired: true }
const idOf = (bytes: Uint8Array) => (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0)

everyCut(dnsQuery, {
  yes: {
    'dig +tcp': [real.digTcp, { ...plain, id: idOf(real.digTcp), name: 'www.example.com', type: 'AAAA', length: 58 }],
    'dig +noedns': [
      real.digNoEdns,
      { ...plain, id: idOf(real.digNoEdns), name: 'example.org', type: 'TXT', length: 31 },
    ],
    'the root': [query('00', '00 02 00 01'), { ...plain, name: '.', type: 'NS', length: 19 }],
    'a dot and a space within a label, and the next query': [
      Uint8Array.from([...query('05 61 2e 20 5f 62 01 2a 00', 'ff 00 00 03', '00 00 00 01'), 0, 40]),
      { ...plain, name: 'a\\046\\032_b.*', type: 'TYPE65280', class: 'CLASS3', recursionDesired: false, length: 27 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n'),
    'a length that is too short': hex('00 10'),
    'a length above the limit': hex('10 01'),
    'an answer': query('00', '00 01 00 01', '81 00 00 01'),
    'an update': query('00', '00 01 00 01', '28 00 00 01'),
    'no question': query('00', '00 01 00 01', '01 00 00 00'),
    'two questions': query('00', '00 01 00 01', '01 00 00 02'),
    'a compressed name': query('c0 0c'),
    'a label that does not fit': query('3f 61'),
    'a name above 255 bytes': (() => {
      const message = hex(`12 34 01 00 00 01 00 00 00 00 00 00 ${`3f ${'61'.repeat(63)}`.repeat(4)} 00 00 01 00 01`)
      return Uint8Array.from([1, message.length - 256, ...message])
    })(),
    'a question without its class': query('01 61 00 00', '00 01'),
  },
})

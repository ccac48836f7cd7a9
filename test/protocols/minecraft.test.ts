import { minecraftHandshake } from '../../sdk/src/protocols/minecraft.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import { everyCut } from './every-cut.ts'

const handshake = (host: string, { protocol = '\x2f', port = '\x63\xdd', next = '\x01' } = {}) => {
  const body = `\0${protocol}${String.fromCharCode(host.length)}${host}${port}${next}`
  return ascii(String.fromCharCode(body.length) + body)
}
const plain = { port: 25_565, protocol: 47, marker: undefined }

everyCut(minecraftHandshake, {
  yes: {
    'a client of 1.8 that looks at its list, and its next packet': [
      Uint8Array.from([...handshake('Sky.example.com.'), 1, 0]),
      { ...plain, host: 'sky.example.com', next: 'status', length: 23 },
    ],
    'a client of 1.20.1 that joins': [
      handshake('sky.example.com', { protocol: '\xfb\x05', next: '\x02' }),
      { ...plain, host: 'sky.example.com', protocol: 763, next: 'login', length: 23 },
    ],
    'a player sent on by another server': [
      handshake('a', { protocol: '\xfe\x05', port: '\0\x50', next: '\x03' }),
      { host: 'a', port: 80, protocol: 766, next: 'transfer', marker: undefined, length: 9 },
    ],
    'a mod loader': [handshake('a.b\0FML2\0'), { ...plain, host: 'a.b', next: 'status', marker: 'FML2', length: 16 }],
    'a snapshot, whose protocol has five bytes': [
      handshake('a', { protocol: '\x81\x81\x80\x80\x04' }),
      { ...plain, host: 'a', protocol: 0x40000081, next: 'status', length: 12 },
    ],
    'the shortest': [
      handshake('a', { protocol: '\0' }),
      { ...plain, host: 'a', protocol: 0, next: 'status', length: 8 },
    ],
    'a length of two bytes': [
      ascii(`\x8d\x01\0\x2f\x86\x01${'h'.repeat(134)}\x63\xdd\x02`),
      { ...plain, host: 'h'.repeat(134), next: 'login', length: 143 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n'),
    'a ping from before 1.7': hex('fe 01 fa 00'),
    'a length that does not end': hex('80 80 80'),
    'a length above the limit': hex('81 10'),
    'a length that is too short': hex('06'),
    'another packet': hex('10 01'),
    'a host that does not fit': ascii('\x08\0\x2f\x09a\x63\xdd\x01\0'),
    'a host that is not UTF-8': handshake('\xff'),
    'something else next': handshake('a', { next: '\x04' }),
    'bytes behind': handshake('a', { next: '\x01x' }),
    'a protocol that does not end': handshake('a', { protocol: '\x80\x80\x80\x80\x80\x01' }),
  },
})

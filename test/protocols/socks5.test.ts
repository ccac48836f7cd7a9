import { socks5Greeting, socks5Request } from '../../sdk/src/protocols/socks5.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/socks5.ts'
import { everyCut } from './every-cut.ts'

everyCut(socks5Greeting, {
  yes: {
    "curl's greeting with a user": [real.curlSocks5, { methods: [0, 1, 2], length: 5 }],
    'a greeting, and the request behind it': [hex('05 01 00 05 01 00'), { methods: [0], length: 3 }],
  },
  no: {
    'SOCKS 4': hex('04 01'),
    'no method': hex('05 00'),
    HTTP: ascii('GET / HTTP/1.1\r\n'),
  },
})

everyCut(socks5Request, {
  yes: {
    "curl's request for an address": [
      real.curlSocks5Request,
      { command: 'connect', host: '192.0.2.7', port: 8080, remote: '192.0.2.7:8080', length: 10 },
    ],
    "curl's request for a name": [
      real.curlSocks5hRequest,
      { command: 'connect', host: 'www.example.com', port: 80, remote: 'www.example.com:80', length: 22 },
    ],
    'a request for an IPv6 address': [
      hex('05 01 00 04 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 01 bb'),
      { command: 'connect', host: '2001:db8::1', port: 443, remote: '[2001:db8::1]:443', length: 22 },
    ],
    'a bind, and bytes after it': [
      hex('05 02 00 01 7f 00 00 01 00 00 ff'),
      { command: 'bind', host: '127.0.0.1', port: 0, remote: '127.0.0.1:0', length: 10 },
    ],
    'UDP for a name of one character': [
      hex('05 03 00 03 01 61 00 35'),
      { command: 'udp-associate', host: 'a', port: 53, remote: 'a:53', length: 8 },
    ],
  },
  no: {
    'another version': hex('04 01 00 01'),
    'an unknown command': hex('05 04 00 01'),
    'command 0': hex('05 00 00 01'),
    'a reserved byte that is set': hex('05 01 01 01'),
    'an unknown type of address': hex('05 01 00 02'),
    'an empty name': hex('05 01 00 03 00'),
    'CONNECT to port 0': hex('05 01 00 01 7f 00 00 01 00 00'),
    'a name with a NUL': hex('05 01 00 03 03 61 00 62 00 50'),
  },
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { socks4Reply, socks4Request } from '../../sdk/src/protocols/socks4.ts'
import { ascii } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/socks4.ts'
import { everyCut } from './every-cut.ts'

everyCut(socks4Request, {
  yes: {
    'curl --proxy socks4://': [
      real.curlSocks4,
      { command: 'connect', host: '192.0.2.7', port: 8080, remote: '192.0.2.7:8080', user: 'alice', length: 14 },
    ],
    'curl --proxy socks4a://': [
      real.curlSocks4a,
      { command: 'connect', host: 'www.example.com', port: 80, remote: 'www.example.com:80', user: '', length: 25 },
    ],
    'a bind, and bytes after it': [
      ascii('\x04\x02\0\0\x7f\0\0\x01\0hello'),
      { command: 'bind', host: '127.0.0.1', port: 0, remote: '127.0.0.1:0', user: '', length: 9 },
    ],
    'an IPv6 address left to the proxy': [
      ascii('\x04\x01\x01\xbb\0\0\0\xffbob\x002001:DB8::1\0'),
      { command: 'connect', host: '2001:db8::1', port: 443, remote: '[2001:db8::1]:443', user: 'bob', length: 24 },
    ],
    'the address 0.0.0.0, which is no sign of 4a': [
      ascii('\x04\x01\0\x50\0\0\0\0\0'),
      { command: 'connect', host: '0.0.0.0', port: 80, remote: '0.0.0.0:80', user: '', length: 9 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n\r\n'),
    'SOCKS 5': ascii('\x05\x01\0'),
    'an unknown command': ascii('\x04\x03\0\x50\x7f\0\0\x01\0'),
    'CONNECT to port 0': ascii('\x04\x01\0\0\x7f\0\0\x01\0'),
    'a user id without an end': ascii(`\x04\x01\0\x50\x7f\0\0\x01${'u'.repeat(513)}`),
    'an empty name': ascii('\x04\x01\0\x50\0\0\0\x01\0\0'),
    'a name that is too long': ascii(`\x04\x01\0\x50\0\0\0\x01\0${'h'.repeat(254)}\0`),
    'a name with a space': ascii('\x04\x01\0\x50\0\0\0\x01\0a b\0'),
    'a name with a port': ascii('\x04\x01\0\x50\0\0\0\x01\0host.example:80\0'),
  },
})

it('socks4Reply is eight bytes that say granted or rejected', () => {
  assert.deepEqual([...ascii(socks4Reply(true))], [0, 90, 0, 0, 0, 0, 0, 0])
  assert.deepEqual([...ascii(socks4Reply(false))], [0, 91, 0, 0, 0, 0, 0, 0])
})

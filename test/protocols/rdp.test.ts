import { rdpRequest } from '../../sdk/src/protocols/rdp.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import { freerdp } from '../fixtures/protocols/rdp.ts'
import { everyCut } from './every-cut.ts'

const request = (body: string) =>
  ascii(`\x03\0\0${String.fromCharCode(body.length + 11, body.length + 6)}\xe0\0\0\0\0\0${body}`)
const NLA = '\x01\0\x08\0\x03\0\0\0'

everyCut(rdpRequest, {
  yes: {
    "FreeRDP's": [
      freerdp,
      { cookie: 'alice', routingToken: undefined, protocols: ['rdp', 'tls', 'nla'], length: freerdp.length },
    ],
    // The request of [MS-RDPBCGR], section 4.1.1.
    "the specification's request": [
      hex('0300002c 27e00000000000 436f6f6b69653a206d737473686173683d656c746f6e730d0a 0100080000000000'),
      { cookie: 'eltons', routingToken: undefined, protocols: ['rdp'], length: 44 },
    ],
    'a client without a cookie, and bytes after it': [
      ascii(`\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x0b\0\0\0more`),
      { cookie: undefined, routingToken: undefined, protocols: ['rdp', 'tls', 'nla', 'nla-ex'], length: 19 },
    ],
    'an old client': [request(''), { cookie: undefined, routingToken: undefined, protocols: ['rdp'], length: 11 }],
    'an old client with a cookie': [
      request('Cookie: mstshash=a\r\n'),
      { cookie: 'a', routingToken: undefined, protocols: ['rdp'], length: 31 },
    ],
    'a routing token': [
      request(`Cookie: msts=3640205228.15629.0000\r\n${NLA}`),
      {
        cookie: undefined,
        routingToken: 'Cookie: msts=3640205228.15629.0000',
        protocols: ['rdp', 'tls', 'nla'],
        length: 55,
      },
    ],
    correlation: [
      request(`\x01\x08\x08\0\x01\0\0\0\x06\0\x24\0${'c'.repeat(32)}`),
      { cookie: undefined, routingToken: undefined, protocols: ['rdp', 'tls'], length: 55 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n'),
    'SSL 3': hex('03 00 00'.replace('00', '01')),
    'a length that is too short': hex('03 00 00 0a'),
    'a length above the limit': hex('03 00 04 01'),
    'another message of X.224': hex('03 00 00 0b 06 f0'),
    'lengths that disagree': hex('03 00 00 0b 07 e0 00 00 00 00 00'),
    'another class': hex('03 00 00 0b 06 e0 00 00 00 00 02'),
    'a line without an end': request('Cookie: mstshash=a'),
    'another negotiation': request('Cookie: mstshash=a\r\n\x02\0\x08\0\0\0\0\0'),
    'a negotiation that does not fit': request('\x01\0\x08\0\0\0'),
    'bytes behind the negotiation': request(`${NLA}x`),
    'correlation that is missing': request('\x01\x08\x08\0\x01\0\0\0'),
  },
})

import { postgresStartup } from '../../sdk/src/protocols/postgres.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/postgres.ts'
import { everyCut } from './every-cut.ts'

const message = (code: string, body: string) => {
  const text = code + body
  return ascii(`\0\0${String.fromCharCode((text.length + 4) >> 8, (text.length + 4) & 255)}${text}`)
}
const V3 = '\0\x03\0\0'

everyCut(postgresStartup, {
  yes: {
    "psql's start-up message": [
      real.psqlStartup,
      {
        kind: 'startup',
        version: '3.0',
        user: 'alice',
        database: 'shop',
        parameters: { user: 'alice', database: 'shop', application_name: 'till' },
        length: 56,
      },
    ],
    "psql's SSLRequest": [real.psqlSslRequest, { kind: 'ssl', length: 8 }],
    "psql's start-up message after an SSLRequest": [
      real.psqlAfterSslRefused,
      {
        kind: 'startup',
        version: '3.0',
        user: 'bob',
        database: 'bob',
        parameters: { user: 'bob', database: 'bob', application_name: 'psql' },
        length: 53,
      },
    ],
    'a GSSENCRequest': [hex('00 00 00 08 04 d2 16 30'), { kind: 'gssenc', length: 8 }],
    "psql's CancelRequest": [
      real.psqlCancelRequest,
      { kind: 'cancel', processId: 0x452, secretKey: hex('01 02 03 04'), length: 16 },
    ],
    'a CancelRequest': [
      hex('00 00 00 10 04 d2 16 2e 80 00 12 34 de ad be ef'),
      { kind: 'cancel', processId: 0x80001234, secretKey: hex('de ad be ef'), length: 16 },
    ],
    'a CancelRequest of protocol 3.2': [
      hex('00 00 00 14 04 d2 16 2e 00 00 12 34 de ad be ef 01 02 03 04'),
      { kind: 'cancel', processId: 0x1234, secretKey: hex('de ad be ef 01 02 03 04'), length: 20 },
    ],
    'protocol 3.2 without a database': [
      message('\0\x03\0\x02', 'user\0zo\xc3\xab\0replication\0true\0\0'),
      {
        kind: 'startup',
        version: '3.2',
        user: 'zoë',
        database: 'zoë',
        parameters: { user: 'zoë', replication: 'true' },
        length: 36,
      },
    ],
    'names that objects have': [
      message(V3, 'user\0a\0__proto__\0b\0constructor\0c\0\0'),
      {
        kind: 'startup',
        version: '3.0',
        user: 'a',
        database: 'a',
        parameters: Object.fromEntries([
          ['user', 'a'],
          ['__proto__', 'b'],
          ['constructor', 'c'],
        ]),
        length: 42,
      },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n\r\n'),
    TLS: hex('16 03 01 02 00'),
    'protocol 2': message('\0\x02\0\0', 'user\0a\0\0'),
    'a length below 8': hex('00 00 00 07 00 03 00 00'),
    'a length above 10,000': hex('00 00 27 11 00 03 00 00'),
    'an SSLRequest with a body': hex('00 00 00 09 04 d2 16 2f 00'),
    'an unknown request': hex('00 00 00 08 04 d2 16 31'),
    'a CancelRequest without a key': hex('00 00 00 0c 04 d2 16 2e 00 00 12 34'),
    'a CancelRequest with a key that is too long': hex('00 00 01 0d 04 d2 16 2e'),
    'no user': message(V3, 'database\0shop\0\0'),
    'an empty user': message(V3, 'user\0\0\0'),
    'two users': message(V3, 'user\0alice\0user\0bob\0\0'),
    'no end': message(V3, 'user\0alice\0'),
    'a name without a value': message(V3, 'user\0alice\0database\0'),
    'bytes after the end': message(V3, 'user\0alice\0\0\0'),
    'a value that runs out of the message': message(V3, 'user\0alice\0database\0shop'),
  },
})

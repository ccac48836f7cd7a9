import { mysqlHandshakeResponse } from '../../sdk/src/protocols/mysql.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/mysql.ts'
import { everyCut } from './every-cut.ts'

const pidOf = (bytes: Uint8Array) => /_pid.(\d+)/s.exec(Buffer.from(bytes).toString('latin1'))?.[1]
const attributes = (bytes: Uint8Array) => ({
  _os: 'Linux',
  _client_name: 'libmariadb',
  _pid: pidOf(bytes),
  _client_version: '3.3.20',
  _platform: 'x86_64',
  program_name: 'mysql',
  _server_host: '127.0.0.1',
})
const packet = (capabilities: string, body: string) => {
  const payload = `${capabilities}\0\0\0\x01\x21${'\0'.repeat(23)}${body}`
  return ascii(`${String.fromCharCode(payload.length)}\0\0\x01${payload}`)
}
const P41 = '\x00\x02\0\0'
const SECURE_DB = '\x08\x82\0\0'

everyCut(mysqlHandshakeResponse, {
  yes: {
    "mariadb's login": [
      real.mariadbLogin,
      {
        kind: 'login',
        user: 'alice',
        database: 'shop',
        plugin: 'mysql_native_password',
        attributes: attributes(real.mariadbLogin),
        length: real.mariadbLogin.length,
      },
    ],
    "mariadb's login without a database": [
      real.mariadbLoginWithoutDatabase,
      {
        kind: 'login',
        user: 'bob',
        database: undefined,
        plugin: 'mysql_native_password',
        attributes: attributes(real.mariadbLoginWithoutDatabase),
        length: real.mariadbLoginWithoutDatabase.length,
      },
    ],
    "mariadb's SSLRequest, and the ClientHello behind it": [real.mariadbSslRequest, { kind: 'ssl', length: 36 }],
    'a client with an old password': [
      packet(P41, 'zo\xc3\xab\0secret\0'),
      { kind: 'login', user: 'zoë', database: undefined, plugin: undefined, attributes: {}, length: 48 },
    ],
    'a client that names no plugin': [
      packet(SECURE_DB, 'a\0\x03xyzshop\0'),
      { kind: 'login', user: 'a', database: 'shop', plugin: undefined, attributes: {}, length: 47 },
    ],
    'an empty database': [
      packet(SECURE_DB, 'a\0\0\0'),
      { kind: 'login', user: 'a', database: undefined, plugin: undefined, attributes: {}, length: 40 },
    ],
    'a long answer': [
      packet('\x00\x82\x20\0', `a\0\xfc\x80\0${'x'.repeat(128)}`),
      { kind: 'login', user: 'a', database: undefined, plugin: undefined, attributes: {}, length: 169 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n'),
    TLS: hex('16 03 01 02'),
    'another number': hex('20 00 00 02'),
    'a packet that is too short': hex('1f 00 00 01'),
    'a client of MySQL 4.0': packet('\0\0\0\0', 'a\0\0'),
    'a short packet without TLS': packet(P41, ''),
    'a user without an end': packet(P41, 'abc'),
    'an answer that does not fit': packet(SECURE_DB, 'a\0\x09xyz'),
    'a database without an end': packet(SECURE_DB, 'a\0\x01xshop'),
    'attributes that do not fit': packet('\x00\x82\x10\0', 'a\0\0\x09\x01a'),
    'an attribute that does not fit': packet('\x00\x82\x10\0', 'a\0\0\x03\x01a\x05'),
    'a length of nine bytes': packet('\x00\x82\x20\0', `a\0\xfe${'\0'.repeat(8)}`),
  },
})

import { mongoHello } from '../../sdk/src/protocols/mongodb.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/mongodb.ts'
import { everyCut } from './every-cut.ts'

const none = { application: undefined, driver: undefined, saslSupportedMechs: undefined, loadBalanced: false }
const le = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255]
const document = (...elements: string[]) => {
  const body = elements.join('')
  return `${String.fromCharCode(...le(body.length + 5))}${body}\0`
}
const string = (name: string, value: string) => `\x02${name}\0${String.fromCharCode(...le(value.length + 1))}${value}\0`
const message = (body: string, { code = 2013, flags = 0, reply = 0 } = {}) =>
  Uint8Array.from([...le(body.length + 20), ...le(1), ...le(reply), ...le(code), ...le(flags), ...ascii(body)])
const HELLO = '\x10hello\0\x01\0\0\0'
const ADMIN = string('$db', 'admin')
// biome-ignore format: one element of each type that is stepped over
const EVERY_TYPE = [
  `\x01a\0${'8'.repeat(8)}`, `\x03b\0${document(HELLO)}`, `\x04c\0${document()}`, '\x05d\0\x02\0\0\0\0xy', '\x06e\0', `\x07f\0${'c'.repeat(12)}`,
  `\x09g\0${'8'.repeat(8)}`, '\x0ah\0', '\x0bi\0re\0x\0', `\x0cj\0\x02\0\0\0n\0${'c'.repeat(12)}`, '\x0dk\0\x02\0\0\0j\0',
  `\x0fl\0\x12\0\0\0${'w'.repeat(14)}`, `\x11m\0${'8'.repeat(8)}`, `\x12n\0${'8'.repeat(8)}`, `\x13o\0${'6'.repeat(16)}`, '\xffp\0', '\x7fq\0',
]

everyCut(mongoHello, {
  yes: {
    "pymongo's OP_QUERY": [
      real.pymongoHello,
      {
        ...none,
        command: 'isMaster',
        database: 'admin',
        application: 'till',
        driver: 'PyMongo',
        length: real.pymongoHello.length,
      },
    ],
    "pymongo's OP_MSG": [
      real.pymongoStableApi,
      { ...none, command: 'hello', database: 'admin', driver: 'PyMongo|c', length: real.pymongoStableApi.length },
    ],
    'a hello behind a balancer with a user': [
      message(`\0${document(HELLO, '\x08loadBalanced\0\x01', string('saslSupportedMechs', 'shop.alice'), ADMIN)}`),
      {
        ...none,
        command: 'hello',
        database: 'admin',
        saslSupportedMechs: 'shop.alice',
        loadBalanced: true,
        length: 102,
      },
    ],
    'elements of every type': [
      message(`\0${document(HELLO, ...EVERY_TYPE, ADMIN)}`),
      {
        ...none,
        command: 'hello',
        database: 'admin',
        length: message(`\0${document(HELLO, ...EVERY_TYPE, ADMIN)}`).length,
      },
    ],
    'names with dots, which lead into no document': [
      message(`\0${document(HELLO, string('client.application.name', 'till'), ADMIN)}`),
      { ...none, command: 'hello', database: 'admin', length: 86 },
    ],
    'a checksum': [
      message(`\0${document(HELLO, ADMIN)}sums`, { flags: 1 }),
      { ...none, command: 'hello', database: 'admin', length: 56 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n'),
    'a length that is too short': hex('19 00 00 00'),
    'a length above the limit': hex('01 00 01 00'),
    'an answer': message(`\0${document(HELLO, ADMIN)}`, { reply: 1 }),
    'an insert': message(`\0${document(HELLO, ADMIN)}`, { code: 2002 }),
    'another command': message(`\0${document('\x10ping\0\x01\0\0\0', ADMIN)}`),
    'a command that is not first': message(`\0${document(ADMIN, HELLO)}`),
    'no database': message(`\0${document(HELLO)}`),
    'a required flag that is unknown': message(`\0${document(HELLO, ADMIN)}`, { flags: 4 }),
    'another kind of section': message(`\x01${document(HELLO, ADMIN)}`),
    'a second section': message(`\0${document(HELLO, ADMIN)}\x01`),
    'a document that does not end': message(`\0${document(HELLO, ADMIN).slice(0, -1)}x`),
    'a document longer than the message': message(`\0\xff\0\0\0${HELLO}${ADMIN}\0`),
    'an element of an unknown type': message(`\0${document(HELLO, '\x20a\0', ADMIN)}`),
    'a string that does not end': message(`\0${document(HELLO, '\x02a\0\x02\0\0\0xy', ADMIN)}`),
    'a document within that does not end': message(`\0${document(HELLO, '\x03client\0\x05\0\0\0x', ADMIN)}`),
    'a name that comes twice': message(`\0${document(HELLO, ADMIN, string('$db', 'shop'))}`),
    'a name that comes twice within': message(
      `\0${document(HELLO, `\x03client\0${document(string('a', 'b'), string('a', 'c'))}`, ADMIN)}`,
    ),
    'a query of a collection': message(`shop.till\0${'\0'.repeat(8)}${document(HELLO)}`, { code: 2004 }),
    'a query without a name': message('shop', { code: 2004 }),
  },
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { smtpCommand } from '../../sdk/src/protocols/smtp.ts'
import { ascii } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/smtp.ts'
import { everyCut } from './every-cut.ts'

everyCut(smtpCommand, {
  yes: {
    "swaks' EHLO": [real.swaksEhlo, { verb: 'EHLO', argument: 'till.example.com', address: undefined, length: 23 }],
    "swaks' MAIL, and what it sends with it": [
      real.swaksPipelined,
      { verb: 'MAIL', argument: 'FROM:<alice@example.com>', address: 'alice@example.com', length: 31 },
    ],
    'lower case, blanks and a parameter': [
      ascii('rcpt  to: <Bob@example.org> SIZE=1 \r\n'),
      { verb: 'RCPT', argument: 'to: <Bob@example.org> SIZE=1', address: 'Bob@example.org', length: 37 },
    ],
    'a source route': [
      ascii('RCPT TO:<@a.example,@b.example:bob@example.org>\r\n'),
      { verb: 'RCPT', argument: 'TO:<@a.example,@b.example:bob@example.org>', address: 'bob@example.org', length: 49 },
    ],
    'no sender': [ascii('MAIL FROM:<>\r\n'), { verb: 'MAIL', argument: 'FROM:<>', address: '', length: 14 }],
    'an address without brackets': [
      ascii('MAIL FROM:a@b SIZE=1\r\n'),
      { verb: 'MAIL', argument: 'FROM:a@b SIZE=1', address: 'a@b', length: 22 },
    ],
    'an address in UTF-8': [
      ascii('MAIL FROM:<zo\xc3\xab@a> SMTPUTF8\r\n'),
      { verb: 'MAIL', argument: 'FROM:<zoë@a> SMTPUTF8', address: 'zoë@a', length: 29 },
    ],
    STARTTLS: [ascii('starttls\r\n'), { verb: 'STARTTLS', argument: '', address: undefined, length: 10 }],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n'),
    'a verb that goes on': ascii('EHLOS a\r\n'),
    'a line that ends without CR': ascii('EHLO a\n'),
    'a carriage return inside': ascii('EHLO a\rb\r\n'),
    'a NUL': ascii('EHLO a\0b\r\n'),
    'bytes that are not UTF-8': ascii('EHLO \xff\r\n'),
    'a sender without its word': ascii('MAIL <a@b>\r\n'),
    'a bracket that does not close': ascii('RCPT TO:<a@b\r\n'),
    'something behind a bracket': ascii('RCPT TO:<a@b>c\r\n'),
    'a line that is too long': ascii(`EHLO ${'a'.repeat(12_288)}`),
  },
})

it('smtpCommand reads pipelined lines one after the other', () => {
  const verbs: string[] = []
  for (let rest = real.swaksPipelined; rest.length > 0; ) {
    const line = smtpCommand(rest)
    assert.ok(line.match === 'yes')
    verbs.push(line.verb)
    rest = rest.subarray(line.length)
  }
  assert.deepEqual(verbs, ['MAIL', 'RCPT', 'DATA'])
})

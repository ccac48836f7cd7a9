import assert from 'node:assert/strict'
import { it } from 'node:test'
import { redisCommand } from '../../sdk/src/protocols/redis.ts'
import { ascii } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/redis.ts'
import { everyCut } from './every-cut.ts'

everyCut(redisCommand, {
  yes: {
    'redis-cli GET': [real.redisCliGet, { name: 'GET', args: ['user:1'], length: real.redisCliGet.length }],
    'redis-cli -3': [real.redisCliHello, { name: 'HELLO', args: ['3'], length: real.redisCliHello.length }],
    'redis-cli with a user': [
      real.redisCliAuth,
      { name: 'AUTH', args: ['alice', 'secret'], length: real.redisCliAuth.length },
    ],
    'a value with line ends, and the next command': [
      ascii('*3\r\n$3\r\nset\r\n$1\r\nk\r\n$4\r\n\r\n\r\n\r\n*1\r\n$4\r\nPING\r\n'),
      { name: 'SET', args: ['k', '\r\n\r\n'], length: 30 },
    ],
    'an empty argument': [ascii('*2\r\n$4\r\nECHO\r\n$0\r\n\r\n'), { name: 'ECHO', args: [''], length: 20 }],
    'an inline command': [ascii('get  user:1 \r\nPING\r\n'), { name: 'GET', args: ['user:1'], length: 14 }],
    'an inline command that ends without CR': [ascii('PING\n'), { name: 'PING', args: [], length: 5 }],
    'an inline command with quotes': [
      ascii(`set "a b" 'c\\'d\\n' "\\x41\\n\\q\\"" e"f"\r\n`),
      { name: 'SET', args: ['a b', "c'd\\n", 'A\nq"', 'ef'], length: 38 },
    ],
    'a key in UTF-8': [ascii('GET zo\xc3\xab\r\n'), { name: 'GET', args: ['zoë'], length: 10 }],
  },
  no: {
    TLS: Uint8Array.of(0x16, 3, 1),
    'an array of no words': ascii('*0\r\n'),
    'an array of less': ascii('*-1\r\n'),
    'an array that is too long': ascii('*1048577\r\n'),
    'a count without digits': ascii('*\r\n'),
    'a count with many digits': ascii('*00000000000'),
    'a count that ends without CR': ascii('*1\n'),
    'a word that is a number': ascii('*1\r\n:1\r\n'),
    'a word that is too long': ascii('*1\r\n$536870913\r\n'),
    'a word longer than it says': ascii('*1\r\n$3\r\nPING\r\n'),
    'an empty name': ascii('*1\r\n$0\r\n\r\n'),
    'an HTTP request': ascii('GET / HTTP/1.1\r\n'),
    'a POST': ascii('POST /\r\n'),
    'a quote that does not end': ascii('set "a\r\n'),
    'something behind a quote': ascii('set "a"b\r\n'),
    'an inline command with a control character': ascii('set a\0b\r\n'),
    'an inline command above 64 KiB': ascii('a'.repeat(65_536)),
    'an empty line': ascii('\r\n'),
  },
})

it('redisCommand with a number of words does not wait for the value', () => {
  const start = '*3\r\n$3\r\nSET\r\n$6\r\nshop:1\r\n'
  const expected = { match: 'yes', name: 'SET', args: ['shop:1'], length: start.length }
  assert.deepEqual(redisCommand(ascii(start), 2), expected)
  assert.deepEqual(redisCommand(ascii(`${start}$100000000\r\nabc`), 2), expected)
  assert.equal(redisCommand(ascii(start)).match, 'need-more')
  for (let cut = 0; cut < start.length; cut++) {
    const part = redisCommand(ascii(start.slice(0, cut)), 2)
    assert.ok(part.match === 'need-more' && part.atLeast > cut && part.atLeast <= start.length)
  }
  assert.deepEqual(redisCommand(ascii('SET shop:1 x\r\n'), 1), { match: 'yes', name: 'SET', args: [], length: 14 })
})

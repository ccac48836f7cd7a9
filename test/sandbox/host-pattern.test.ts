import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hostPattern } from 'router-sdk/host-pattern'

test('a host name is brought to the form in which clients send it', () => {
  const forms: [string, string][] = [
    ['git.acme.example', 'git.acme.example'],
    ['GIT.Acme.Example', 'git.acme.example'],
    ['*.Acme.example', '*.acme.example'],
    ['localhost', 'localhost'],
    ['a_b.example', 'a_b.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['*.bücher.example', '*.xn--bcher-kva.example'],
    ['ＧＩＴ。example', 'git.example'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ]
  for (const [text, normal] of forms) assert.equal(hostPattern(text), normal, text)
})

test('what is no host name is none', () => {
  const others = [
    '',
    '*',
    '*.',
    '.',
    'a.',
    'a..b',
    '.a',
    '-a.b',
    'a-.b',
    'a b',
    'a:80',
    'http://a',
    'a/b',
    'a?b',
    'a#b',
    'u@a',
    '%61',
  ]
  const addresses = ['1.2.3.4', '*.2.3.4', '0x7f.1', '1', '::1', '[::1]', '10.0.0.0/8']
  const wild = ['a.*', '*a.b', '*.*.a', '**.a', 'a.*.b']
  const long = [`${'a'.repeat(64)}.b`, `${'a.'.repeat(127)}`, 'ü'.repeat(250), `*.${'a.'.repeat(126)}a`]
  const control = ['a\n', 'a\u0000b', 'a\u202eb', '\u00ad']
  for (const text of [...others, ...addresses, ...wild, ...long, ...control])
    assert.equal(hostPattern(text), undefined, JSON.stringify(text))
})

test('whatever the text, its form is short, plain, and stays as it is', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.domain(),
        fc.domain().map((name) => `*.${name}`),
      ),
      (text) => {
        const normal = hostPattern(text)
        if (normal === undefined) return
        assert.match(normal, /^(?:\*\.)?[a-z0-9._-]{1,253}$/)
        assert.equal(hostPattern(normal), normal)
      },
    ),
    { numRuns: 2000 },
  )
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { gitError, gitRequest } from '../../sdk/src/protocols/git.ts'
import * as real from '../fixtures/protocols/git.ts'
import { ascii } from '../fixtures/protocols/hex.ts'
import { everyCut } from './every-cut.ts'

const packet = (text: string) => ascii((text.length + 4).toString(16).padStart(4, '0') + text)
const plain = { service: 'upload-pack', path: '/alice/site.git', user: 'alice', repository: 'site.git' } as const
const local = { host: '127.0.0.1', version: 0, extras: [] as string[] }
const portOf = (bytes: Uint8Array) => Number(/host=.*?:(\d+)\0/.exec(Buffer.from(bytes).toString('latin1'))?.[1])

everyCut(gitRequest, {
  yes: {
    'git ls-remote with protocol 2': [
      real.uploadPackV2,
      { ...plain, host: 'localhost', port: portOf(real.uploadPackV2), version: 2, extras: ['version=2'], length: 68 },
    ],
    'git ls-remote with protocol 0, a dotted host and a port': [
      real.uploadPackV0,
      {
        ...plain,
        ...local,
        path: '/alice/deep/site.git',
        repository: 'deep/site.git',
        port: portOf(real.uploadPackV0),
        length: 62,
      },
    ],
    'git ls-remote below a home directory': [
      real.uploadPackV1,
      {
        ...plain,
        ...local,
        path: '~alice/site.git',
        port: portOf(real.uploadPackV1),
        version: 1,
        extras: ['version=1'],
        length: 68,
      },
    ],
    'git ls-remote of a path with one segment': [
      real.uploadPackVirtualHost,
      {
        service: 'upload-pack',
        path: '/site.git',
        user: '',
        repository: 'site.git',
        host: 'code.example.com',
        port: undefined,
        version: 2,
        extras: ['version=2'],
        length: 63,
      },
    ],
    'git push': [
      real.receivePack,
      { ...plain, ...local, service: 'receive-pack', port: portOf(real.receivePack), length: 58 },
    ],
    'git archive, with what it sends next': [
      real.uploadArchive,
      {
        ...plain,
        ...local,
        service: 'upload-archive',
        port: portOf(real.uploadArchive),
        version: 2,
        extras: ['version=2'],
        length: 71,
      },
    ],
    'a client that sends no host': [
      packet('git-upload-pack /alice/site.git'),
      { ...plain, ...local, host: undefined, port: undefined, length: 35 },
    ],
    'a client that ends the line': [
      packet('git-upload-pack /alice/site.git\n'),
      { ...plain, ...local, host: undefined, port: undefined, length: 36 },
    ],
    'an IPv6 host with a port': [
      packet('git-upload-pack /alice/site.git\0HOST=[::1]:9418\0'),
      { ...plain, ...local, host: '::1', port: 9418, length: 52 },
    ],
    'an IPv6 host without a port': [
      packet('git-upload-pack /alice/site.git\0host=[FE80::1]\0'),
      { ...plain, ...local, host: 'fe80::1', port: undefined, length: 51 },
    ],
    'several extras and no host': [
      packet('git-upload-pack /alice/site.git\0\0version=1\0object-format=sha256\0'),
      {
        ...plain,
        host: undefined,
        port: undefined,
        version: 1,
        extras: ['version=1', 'object-format=sha256'],
        length: 68,
      },
    ],
    'a path in UTF-8 and one that is not': [
      Uint8Array.from(
        Buffer.concat([ascii('0022git-upload-pack /'), Buffer.from('zoë/'), Uint8Array.of(0xff), ascii('.git\0\0\0')]),
      ),
      {
        ...plain,
        path: '/zoë/\ufffd.git',
        user: 'zoë',
        repository: '\ufffd.git',
        ...local,
        host: undefined,
        port: undefined,
        length: 34,
      },
    ],
    'a slash at the end': [
      packet('git-upload-pack /alice/\0'),
      { ...plain, ...local, path: '/alice/', repository: '', host: undefined, port: undefined, length: 28 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n\r\n'),
    'another service': packet('git-shell /alice/site.git\0'),
    'a service whose name goes on': packet('git-upload-packs /alice/site.git\0'),
    'a length that is no number': ascii('00g0git-upload-pack /a/b\0'),
    'a flush packet': ascii('0000'),
    'a length above the limit': ascii('fff1git-upload-pack /a'),
    'a length too short for a path': ascii('0014git-upload-pack /a'),
    'a relative path': packet('git-upload-pack alice/site.git\0host=a\0'),
    'no path': packet('git-upload-pack \0host=a\0'),
    'a path that climbs': packet('git-upload-pack /alice/../bob/site.git\0'),
    'a path that ends by climbing': packet('git-upload-pack /alice/..\0'),
    'a path with a dot': packet('git-upload-pack /./alice/site.git\0'),
    'a path with an empty segment': packet('git-upload-pack //alice/site.git\0'),
    'an IPv6 host without its bracket': packet('git-upload-pack /a/b\0host=[::1\0'),
    'garbage after an IPv6 host': packet('git-upload-pack /a/b\0host=[::1]x\0'),
    'a port that is no number': packet('git-upload-pack /a/b\0host=a:b\0'),
    'a port above 65535': packet('git-upload-pack /a/b\0host=a:65536\0'),
  },
})

it('gitError makes a packet whose length counts bytes', () => {
  assert.equal(gitError('no such repository'), '001aERR no such repository')
  assert.equal(gitError('é'), '000aERR \xc3\xa9')
  const long = gitError('x'.repeat(100_000))
  assert.equal(long.length, 65_520)
  assert.equal(long.slice(0, 8), 'fff0ERR ')
})

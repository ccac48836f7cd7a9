import { sshIdentification } from '../../sdk/src/protocols/ssh.ts'
import { ascii } from '../fixtures/protocols/hex.ts'
import { openssh } from '../fixtures/protocols/ssh.ts'
import { everyCut } from './every-cut.ts'

everyCut(sshIdentification, {
  yes: {
    OpenSSH: [openssh, { protocol: '2.0', software: 'OpenSSH_9.2p1', comments: 'Debian-2+deb12u6', length: 40 }],
    'a line without comments, and the key exchange after it': [
      ascii('SSH-2.0-Go\r\n\0\0\x05\xb4'),
      { protocol: '2.0', software: 'Go', comments: undefined, length: 12 },
    ],
    'an old client, which ends the line without CR': [
      ascii('SSH-1.99-PuTTY_0.50\n'),
      { protocol: '1.99', software: 'PuTTY_0.50', comments: undefined, length: 20 },
    ],
    'the shortest line': [ascii('SSH-2.0-x\n'), { protocol: '2.0', software: 'x', comments: undefined, length: 10 }],
    'the longest line': [
      ascii(`SSH-2.0-x ${'y'.repeat(243)}\r\n`),
      { protocol: '2.0', software: 'x', comments: 'y'.repeat(243), length: 255 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n'),
    'lower case': ascii('ssh-2.0-x\r\n'),
    'a line above 255 bytes': ascii(`SSH-2.0-x ${'y'.repeat(244)}\r\n`),
    'no version': ascii('SSH-x\r\n'),
    'no software': ascii('SSH-2.0-\r\n'),
    'a carriage return inside': ascii('SSH-2.0-x\ry\r\n'),
    'a NUL': ascii('SSH-2.0-x\0\r\n'),
  },
})

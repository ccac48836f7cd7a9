import { httpRequest } from '../../sdk/src/protocols/http1.ts'
import { webSocketUpgrade } from '../../sdk/src/protocols/websocket.ts'
import { ascii } from '../fixtures/protocols/hex.ts'
import { nodeWebSocket } from '../fixtures/protocols/websocket.ts'
import { everyCut } from './every-cut.ts'

const FIELDS = {
  Host: 'a',
  Upgrade: 'WebSocket',
  Connection: 'keep-alive, Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
  Origin: 'https://a',
}
const upgrade = (changes: Record<string, string> = {}, line = 'GET /chat HTTP/1.1') => {
  const fields = Object.entries({ ...FIELDS, ...changes }).map(([name, value]) => `${name}: ${value}`)
  return ascii(`${[line, ...fields].join('\r\n')}\r\n\r\n`)
}

everyCut(webSocketUpgrade, {
  yes: {
    "node's WebSocket": [
      nodeWebSocket,
      { ...request(nodeWebSocket), protocols: ['chat.v2', 'chat.v1'], origin: undefined },
    ],
    "a browser's": [upgrade(), { ...request(upgrade()), protocols: [], origin: 'https://a' }],
  },
  no: {
    'an ordinary request': ascii('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    'a POST': upgrade({}, 'POST / HTTP/1.1'),
    'HTTP/1.0': upgrade({}, 'GET / HTTP/1.0'),
    'an upgrade to something else': upgrade({ Upgrade: 'h2c' }),
    'a connection that is not upgraded': upgrade({ Connection: 'keep-alive' }),
    'another version': upgrade({ 'Sec-WebSocket-Version': '8' }),
    'a key of another size': upgrade({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZQ==' }),
    'what is no request': ascii('GET /\n'),
  },
})

function request(bytes: Uint8Array) {
  const found = httpRequest(bytes)
  if (found.match !== 'yes') throw new Error('not a request')
  const { match: _, ...fields } = found
  return fields
}

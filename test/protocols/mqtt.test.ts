import { mqttConnect } from '../../sdk/src/protocols/mqtt.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/mqtt.ts'
import { everyCut } from './every-cut.ts'

const plain = {
  user: undefined,
  password: undefined,
  cleanStart: true,
  keepAlive: 60,
  will: undefined,
  userProperties: [],
}
const MQTT4 = '\0\x04MQTT\x04'
const MQTT5 = '\0\x04MQTT\x05'
const connect = (body: string) => ascii(`\x10${String.fromCharCode(body.length)}${body}`)

everyCut(mqttConnect, {
  yes: {
    'mosquitto_pub with 3.1': [real.mosquitto31, { ...plain, version: '3.1', clientId: 'till-1', length: 22 }],
    'mosquitto_pub with 3.1.1, a user and a will': [
      real.mosquitto311,
      {
        version: '3.1.1',
        clientId: 'till-2',
        user: 'alice',
        password: ascii('secret'),
        cleanStart: true,
        keepAlive: 60,
        will: { topic: 'gone', payload: ascii('till-2'), qos: 1, retain: true },
        userProperties: [],
        length: 49,
      },
    ],
    'mosquitto_pub with 5 and properties': [
      real.mosquitto5,
      {
        ...plain,
        version: '5.0',
        clientId: '',
        user: 'zoë',
        will: { topic: 'gone', payload: ascii(''), qos: 0, retain: false },
        userProperties: [['shop', 'north']],
        length: 57,
      },
    ],
    'a bridge, and what it sends next': [
      ascii('\x10\x0d\0\x04MQTT\x84\0\0\0\0\x01a\x30\x00'),
      { ...plain, version: '3.1.1', clientId: 'a', cleanStart: false, keepAlive: 0, length: 15 },
    ],
    'a password without a user, in 5': [
      connect(`${MQTT5}\x42\0\x3c\0\0\x01a\0\x01p`),
      { ...plain, version: '5.0', clientId: 'a', password: ascii('p'), length: 19 },
    ],
    'a length of two bytes': [
      ascii(`\x10\x88\x01${MQTT4}\x02\0\x3c\0\x7c${'i'.repeat(124)}`),
      { ...plain, version: '3.1.1', clientId: 'i'.repeat(124), length: 139 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n'),
    'another packet': hex('20 02'),
    'flags on the type': hex('11'),
    'a length that does not end': hex('10 80 80 80 80'),
    'a length above the limit': hex('10 ff ff 7f'),
    'a length that is too short': hex('10 0b'),
    'another name': ascii('\x10\x20\0\x04HTTP'),
    'the name of 3.1 with the level of 3.1.1': connect('\0\x06MQIsdp\x04\x02\0\x3c\0\x01a'),
    'level 6': connect('\0\x04MQTT\x06\x02\0\x3c\0\x01a'),
    'a reserved flag': connect(`${MQTT4}\x03\0\x3c\0\x01a`),
    'a will of quality 3': connect(`${MQTT4}\x1e\0\x3c\0\x01a\0\x01t\0\0`),
    'the quality of a will that there is not': connect(`${MQTT4}\x0a\0\x3c\0\x01a`),
    'a password without a user, in 3.1.1': connect(`${MQTT4}\x42\0\x3c\0\x01a\0\x01p`),
    'a client id that is not UTF-8': connect(`${MQTT4}\x02\0\x3c\0\x01\xff`),
    'a client id with a NUL': connect(`${MQTT4}\x02\0\x3c\0\x02a\0`),
    'a client id that does not fit': connect(`${MQTT4}\x02\0\x3c\0\x02a`),
    'a user that is missing': connect(`${MQTT4}\x82\0\x3c\0\x01a`),
    'bytes behind the last field': connect(`${MQTT4}\x02\0\x3c\0\x01ab`),
    'an unknown property': connect(`${MQTT5}\x02\0\x3c\x02\x63\0\0\x01a`),
    'a property twice': connect(`${MQTT5}\x02\0\x3c\x06\x21\0\x01\x21\0\x01\0\x01a`),
    'properties that do not fit': connect(`${MQTT5}\x02\0\x3c\x20\x21\0\x01\0\x01a`),
  },
})

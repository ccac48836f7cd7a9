import { defineRouter } from 'router-sdk'
import { mqttConnect } from 'router-sdk/protocols'

/** MQTT by client id: each `<fleet>-<device>` to the broker of its fleet. */
export default defineRouter({
  listen: 1883,
  route(conn) {
    const connect = mqttConnect(conn.bytes)
    if (connect.match === 'need-more') return { noop: true, atLeast: connect.atLeast }
    if (connect.match === 'no') return { close: true }
    const broker = conn.lookup('brokers', connect.clientId.split('-')[0] ?? '')
    if (broker) return { remote: broker }
    // CONNACK: client identifier not valid (MQTT 5, reason 0x85; MQTT 3.1.1, return code 2)
    return { close: connect.version === '5.0' ? '\x20\x03\0\x85\0' : '\x20\x02\0\x02' }
  },
})

import { defineRouter } from 'router-sdk'
import { redisCommand } from 'router-sdk/protocols'

/** Redis by the prefix of the first command's key: `GET shop:7` goes to the server of `shop`. */
export default defineRouter({
  listen: 6379,
  route(conn) {
    const command = redisCommand(conn.bytes, 2)
    if (command.match === 'need-more') return { noop: true, atLeast: command.atLeast }
    if (command.match === 'no') return { close: '-ERR this port speaks RESP\r\n' }
    const [key = ''] = command.args
    const server = conn.lookup('servers', key.split(':')[0] ?? '')
    return server ? { remote: server } : { close: '-ERR the first command has to name a key with a known prefix\r\n' }
  },
})

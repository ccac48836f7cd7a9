/**
 * What one would write in an afternoon: Node's `net`, a decision in the same process, and `pipe()` both ways. No time-outs, no limits.
 *
 *     node bench/peers/node-pipe.ts <port> <upstream port>
 */
import { connect, createServer } from 'node:net'

const [port = 0, upstream = 0] = process.argv.slice(2).map(Number)

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  client.on('error', () => client.destroy())
  client.once('data', (first) => {
    client.pause()
    if (!first.toString('latin1').startsWith('GET ')) {
      client.destroy()
      return
    }
    const server = connect({ port: upstream, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    server.on('error', () => client.destroy())
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
    server.write(first)
    client.pipe(server)
    server.pipe(client)
  })
})
server.listen({ port, host: '127.0.0.1', backlog: 4096 })

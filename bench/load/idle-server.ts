/** What stands behind proxies where thousands of connections are idle: it sends back what comes. Prints its port; ends with its input. */
import { createEpollTransport } from '../../src/transport/epoll/epoll.ts'

const transport = createEpollTransport({ keepAlive: 0 })
const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (connection) =>
  connection.setEvents({
    data: (bytes) => void connection.write(bytes),
    ended: () => connection.destroy(),
    drained: () => {},
    closed: () => {},
  }),
)
process.stdout.write(`${listener.port}\n`)
process.stdin.on('end', () => process.exit(0)).resume()

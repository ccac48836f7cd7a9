/**
 * Opens connections, each as soon as one before it has had an answer, prints how long that took (milliseconds) when all have had one, and
 * holds them until its standard input ends.
 *
 *     node bench/load/idle-client.ts <port> <connections>
 */
import { createEpollTransport } from '../../src/transport/epoll/epoll.ts'

const [port = 0, count = 1] = process.argv.slice(2).map(Number)
const AT_ONCE = 64
const GREETING = Buffer.from('GET / HTTP/1.1\r\nHost: bench.example\r\n\r\n')

const transport = createEpollTransport({ keepAlive: 0 })
const started = performance.now()
let begun = 0
let answered = 0

function open(): void {
  if (begun === count) return
  begun += 1
  let heard = false
  const connection = transport.connect(
    { kind: 'tcp', address: '127.0.0.1', port },
    {
      connected: () => void connection.write(GREETING),
      data: () => {
        if (heard) return
        heard = true
        answered += 1
        if (answered === count) process.stdout.write(`${performance.now() - started}\n`)
        else open()
      },
      ended: () => lost('was ended'),
      drained: () => {},
      closed: (error) => lost(error?.message ?? 'was closed'),
    },
  )
}

function lost(why: string): void {
  process.stderr.write(`one of ${count} connections ${why}, ${answered} were answered\n`)
  process.exit(1)
}

for (let first = 0; first < AT_ONCE; first++) open()
process.stdin.on('end', () => process.exit(0)).resume()

/**
 * A process of the benchmark: an upstream, which answers a request by the name that was asked for, and repeats all else that it
 * is told. Says its port when it listens. With `nice N` it leaves the processor to others.
 */
import { createServer } from 'node:net'
import { yieldToOthers } from '../../sdk/src/sandbox/process-files.ts'
import { collectGarbage, serveFirst } from './serve-first.ts'

const [, nice] = process.argv.slice(2)
if (nice === undefined) serveFirst()
else yieldToOthers(process.pid, Number(nice))

const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', (first: Buffer) => {
    if (first.subarray(0, 4).equals(Buffer.from('GET '))) {
      const name = /Host: (\S+)/.exec(first.toString('latin1'))?.[1]
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello ${name}`, 'latin1')
      return
    }
    socket.write(first)
    socket.pipe(socket)
  })
})
server.listen(0, '127.0.0.1', 4096, () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port })
})
// the only message that there is
process.on('message', collectGarbage)
process.on('disconnect', () => process.exit(0))

/**
 * Both ends of many idle connections, in a process of its own: forked with a list of arguments `port count`, where `port` is a
 * router's, or none to be the upstream. It says `{ port }` or `{ open }`, and after each message `relay` how many connections
 * gave back what they were sent.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

const [port, count] = process.argv.slice(2).map(Number)
const PATIENCE = 20_000
const AT_ONCE = 50

process.on('disconnect', () => process.exit())
await (port === undefined || count === undefined ? beUpstream() : beClients(port, count))

async function beUpstream(): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => socket.write(bytes))
  })
  server.listen(0, '127.0.0.1', 4096)
  await once(server, 'listening')
  process.send?.({ port: (server.address() as AddressInfo).port })
}

async function beClients(router: number, wanted: number): Promise<void> {
  const sockets: Socket[] = []
  while (sockets.length < wanted) {
    const batch = Array.from({ length: Math.min(AT_ONCE, wanted - sockets.length) }, () => connect(router, '127.0.0.1'))
    await Promise.all(batch.map((socket) => echoes(socket, 'hello')))
    sockets.push(...batch)
  }
  process.send?.({ open: sockets.length })
  process.on('message', () => void relayAll(sockets))
}

async function relayAll(sockets: readonly Socket[]): Promise<void> {
  const results = await Promise.all(sockets.map((socket, index) => echoes(socket, `still there ${index}`)))
  process.send?.({ relayed: results.filter(Boolean).length })
}

/** Whether a socket gives `text` back, in time. */
async function echoes(socket: Socket, text: string): Promise<boolean> {
  socket.write(text)
  return new Promise((resolve) => {
    let got = ''
    const timer = setTimeout(() => resolve(false), PATIENCE)
    const finish = (echoed: boolean) => {
      clearTimeout(timer)
      socket.removeAllListeners()
      socket.on('error', () => {})
      resolve(echoed)
    }
    socket.on('data', (bytes: Buffer) => {
      got += bytes.toString('latin1')
      if (got.length >= text.length) finish(got === text)
    })
    socket.on('error', () => finish(false))
    socket.on('close', () => finish(false))
  })
}

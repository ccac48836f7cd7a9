import { connect } from 'node:tls'
import { TestServer } from './sockets.ts'
import { within } from './wait.ts'

/** The first flight of Node's own TLS client, as it leaves the socket. */
export async function clientHello(serverName: string): Promise<Buffer> {
  const flight = Promise.withResolvers<Buffer>()
  await using server = await TestServer.start((socket) => {
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) flight.resolve(bytes)
    })
  })
  const client = connect({ port: server.port, host: '127.0.0.1', servername: serverName, rejectUnauthorized: false })
  client.on('error', () => {})
  try {
    return await within('a ClientHello', flight.promise)
  } finally {
    client.destroy()
  }
}

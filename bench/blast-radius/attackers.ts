/**
 * A process of the benchmark: the clients of the attacking tenants. Told what to do by messages: `{ start: …, port, names }` and
 * `{ stop: true }`. It takes what the machine has left (nice 10), as attackers elsewhere would take none of it.
 */
import { connect, type Socket } from 'node:net'
import { setPriority } from 'node:os'
import type { Attack } from './attacks.ts'

export interface AttackOrder {
  readonly clients: Attack['clients']
  readonly port: number
  /** Host names of the attacking tenants' routers. */
  readonly names: readonly string[]
}

/** Of each attacking tenant, at once. */
const CLIENTS = { request: 8, hold: 2000, dribble: 20, pour: 4, none: 0 } as const
const AGAIN = 5
const PIECE = Buffer.alloc(65_536, 'x')

setPriority(10)
const sockets = new Set<Socket>()
let running = false

process.on('message', (message: AttackOrder | { stop: true }) => {
  running = !('stop' in message)
  if ('stop' in message) for (const socket of sockets) socket.destroy()
  else
    message.names.forEach((name, index) => {
      for (let client = 0; client < CLIENTS[message.clients]; client++)
        attack(message, name, `127.1.${index}.${(client % 250) + 1}`)
    })
})

function attack(order: AttackOrder, name: string, localAddress: string): void {
  if (!running) return
  const socket = connect({ port: order.port, host: '127.0.0.1', localAddress })
  sockets.add(socket)
  let timer: NodeJS.Timeout | undefined
  socket.on('error', () => {})
  socket.on('data', () => {})
  socket.on('close', () => {
    sockets.delete(socket)
    clearInterval(timer)
    if (running) setTimeout(attack, AGAIN, order, name, localAddress)
  })
  socket.on('connect', () => {
    socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`)
    if (order.clients === 'dribble') timer = setInterval(() => socket.write('x'), 2)
    if (order.clients === 'pour') pour(socket)
  })
}

function pour(socket: Socket): void {
  while (running && socket.write(PIECE));
  socket.once('drain', () => pour(socket))
}

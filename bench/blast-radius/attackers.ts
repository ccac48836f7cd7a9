/**
 * A process of the benchmark: the clients of the attacking tenants. Told what to do by messages: an order, and `{ stop: true }`,
 * which it answers when none is left. It takes what the machine has left (nice 19), as attackers elsewhere would take none of it.
 */
import { connect, type Socket } from 'node:net'
import { setPriority } from 'node:os'
import type { Attack } from './attacks.ts'

export interface AttackOrder {
  readonly clients: Attack['clients']
  readonly port: number
  /** Host names of the attacking tenants' routers, each with a number of its own. */
  readonly names: readonly (readonly [index: number, name: string])[]
}

/** Of each attacking tenant, at once. */
const CLIENTS = { request: 8, hold: 2000, dribble: 20, pour: 4, none: 0 } as const
/** Addresses that the clients of one tenant come from. */
const ADDRESSES = 250
const AGAIN = 5
const PIECE = Buffer.alloc(65_536, 'x')

setPriority(19)
const sockets = new Set<Socket>()
let running = false
let asked = 0

process.on('disconnect', () => process.exit(0))
process.on('message', (message: AttackOrder | { stop: true }) => {
  running = !('stop' in message)
  if ('stop' in message) void stop()
  else
    for (const [index, name] of message.names)
      for (let client = 0; client < CLIENTS[message.clients]; client++)
        attack(message, name, `127.1.${index}.${(client % ADDRESSES) + 1}`)
})

async function stop(): Promise<void> {
  for (const socket of sockets) socket.destroy()
  while (sockets.size > 0) await new Promise((resume) => setTimeout(resume, AGAIN))
  process.send?.({ stopped: true })
}

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
    socket.write(`GET /${++asked} HTTP/1.1\r\nHost: ${name}\r\n\r\n`)
    if (order.clients === 'dribble') timer = setInterval(() => socket.write('x'), 2)
    if (order.clients === 'pour') pour(socket)
  })
}

function pour(socket: Socket): void {
  while (running && socket.write(PIECE));
  socket.once('drain', () => pour(socket))
}

/**
 * A process of the benchmark: the clients of the attacking tenants. Told what to do by messages: an order, and `{ stop: true }`,
 * which it answers when none is left. It takes what the machine has left (nice 19), as attackers elsewhere would take none of it.
 */
import { connect, type Socket } from 'node:net'
import { yieldToOthers } from '../../sdk/src/sandbox/process-files.ts'
import type { Attack } from './attacks.ts'

export interface AttackOrder {
  readonly clients: Attack['clients']
  readonly port: number
  /** Host names of the attacking tenants' routers, each with a number of its own. */
  readonly names: readonly (readonly [index: number, name: string])[]
}

/** Of each attacking tenant, at once. */
const CLIENTS = { request: 8, hold: 2000, dribble: 20, pour: 4, none: 0 } as const
/**
 * Those that hold come so many at a time: 500 connections a second for each tenant, two and a half times what it may have. Without
 * such a pace the measure would be of how fast this machine's kernel is with itself.
 */
const COMING = { clients: 5, every: 10 } as const
/** Addresses that the clients of one tenant come from. */
const ADDRESSES = 250
const AGAIN = 5
const PIECE = Buffer.alloc(65_536, 'x')

yieldToOthers(process.pid, 19)
const sockets = new Set<Socket>()
let running = false
let asked = 0

process.on('disconnect', () => process.exit(0))
process.on('message', (message: AttackOrder | { stop: true }) => {
  running = !('stop' in message)
  if ('stop' in message) void stop()
  else for (const [index, name] of message.names) begin(message, index, name)
})

function begin(order: AttackOrder, index: number, name: string): void {
  const address = (client: number) => `127.1.${index}.${(client % ADDRESSES) + 1}`
  if (order.clients === 'hold') return hold(order, name, address)
  for (let client = 0; client < CLIENTS[order.clients]; client++) again(order, name, address(client))
}

/** Connections are opened at a steady pace, as long as there are fewer than the tenant has clients. */
function hold(order: AttackOrder, name: string, address: (client: number) => string): void {
  let open = 0
  let client = 0
  const timer = setInterval(() => {
    if (!running) return clearInterval(timer)
    for (let more = COMING.clients; more > 0 && open < CLIENTS.hold; more--) {
      open += 1
      attack(order, name, address(client++), () => (open -= 1))
    }
  }, COMING.every)
}

function again(order: AttackOrder, name: string, localAddress: string): void {
  attack(order, name, localAddress, () => setTimeout(again, AGAIN, order, name, localAddress))
}

async function stop(): Promise<void> {
  for (const socket of sockets) socket.destroy()
  while (sockets.size > 0) await new Promise((resume) => setTimeout(resume, AGAIN))
  process.send?.({ stopped: true })
}

function attack(order: AttackOrder, name: string, localAddress: string, ended: () => void): void {
  if (!running) return
  const socket = connect({ port: order.port, host: '127.0.0.1', localAddress })
  sockets.add(socket)
  let timer: NodeJS.Timeout | undefined
  socket.on('error', () => {})
  socket.on('data', () => {})
  socket.on('close', () => {
    sockets.delete(socket)
    clearInterval(timer)
    ended()
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

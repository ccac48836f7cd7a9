/**
 * What stands behind proxies where relayed connections are measured: `GET bulk` is answered with bytes without end, `GET echo` with all that
 * follows it. Prints its port; ends with its standard input.
 *
 *     node bench/load/relayed-server.ts
 */
import { accept, close, echo, listen, pour, receiveText, sendText, unblock, Watched } from './sockets.ts'

/** Milliseconds between two looks at whether this is still wanted. */
const LOOK = 500

const { descriptor: listener, port } = listen()
const watched = new Watched()
const doing = new Map<number, 'greeting' | 'bulk' | 'echo'>()
watched.add(listener, 'reading')
process.stdout.write(`${port}\n`)
process.stdin.on('end', () => process.exit(0)).resume()

function turn(): void {
  for (const descriptor of watched.wait(LOOK))
    if (descriptor === listener) greet(accept(listener))
    else if (!goOn(descriptor)) end(descriptor)
}

function greet(descriptor: number): void {
  doing.set(descriptor, 'greeting')
  watched.add(descriptor, 'reading')
}

/** False when the connection is over, or was in this very turn. */
function goOn(descriptor: number): boolean {
  switch (doing.get(descriptor)) {
    case 'greeting':
      return begin(descriptor)
    case 'bulk':
      return pour(descriptor)
    case 'echo':
      return echo(descriptor)
    case undefined:
      return false
  }
}

function begin(descriptor: number): boolean {
  const [greeting = '', rest = ''] = receiveText(descriptor).split('\n')
  if (greeting === '') return false
  const bulk = greeting.startsWith('GET bulk')
  doing.set(descriptor, bulk ? 'bulk' : 'echo')
  if (bulk) {
    unblock(descriptor)
    watched.remove(descriptor)
    watched.add(descriptor, 'writing')
  } else if (rest !== '') sendText(descriptor, rest)
  return true
}

function end(descriptor: number): void {
  watched.remove(descriptor)
  doing.delete(descriptor)
  close(descriptor)
}

function loop(): void {
  for (const end = performance.now() + LOOK; performance.now() < end; ) turn()
  setImmediate(loop)
}
loop()

import { connect, type Socket } from 'node:net'

/** What the well-behaved tenants' clients saw. Times are milliseconds until the first byte of the answer. */
export interface Seen {
  readonly times: number[]
  /** Requests that got no answer, or a wrong one, within the limit. */
  lost: number
  /** Relayed connections that were closed, or whose echo was wrong. */
  closed: number
}

const ANSWER_LIMIT = 5000
const ECHO_EVERY = 50
let asked = 0

/**
 * Requests of all tenants in turn, so many a second, whether or not earlier ones were answered (an open loop). A time counts
 * from when the request was due: what the generator itself was late by is in it.
 */
export async function requests(
  port: number,
  names: readonly string[],
  perSecond: number,
  seconds: number,
): Promise<Seen> {
  const seen: Seen = { times: [], lost: 0, closed: 0 }
  const pending: Promise<void>[] = []
  const started = performance.now()
  const count = Math.round(perSecond * seconds)
  const dueAt = (at: number) => started + (at * 1000) / perSecond
  for (let at = 0; at < count; ) {
    for (; at < count && dueAt(at) <= performance.now(); at++)
      pending.push(request(port, names[at % names.length] ?? '', dueAt(at), seen))
    await new Promise((resume) => setTimeout(resume, 1))
  }
  await Promise.all(pending)
  return seen
}

function request(port: number, name: string, due: number, seen: Seen): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let answer = ''
    // each differs from all others: no answer of a router can be one that it gave before
    asked += 1
    const target = asked
    const timer = setTimeout(() => socket.destroy(), ANSWER_LIMIT)
    socket.on('connect', () => socket.write(`GET /${target} HTTP/1.1\r\nHost: ${name}\r\n\r\n`))
    socket.on('data', (chunk) => {
      if (answer === '') seen.times.push(performance.now() - due)
      answer += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      if (!answer.endsWith(`\r\n\r\nhello ${name}`)) seen.lost += 1
      resolve()
    })
  })
}

/** One relayed connection of each tenant that says something all the time, and hears it again. */
export class Echoes {
  readonly #sockets: Socket[] = []
  #closed = 0

  static async open(port: number, names: readonly string[]): Promise<Echoes> {
    const echoes = new Echoes()
    await Promise.all(names.map((name) => echoes.#open(port, name)))
    return echoes
  }

  /** Since the last call. */
  takeClosed(): number {
    const closed = this.#closed
    this.#closed = 0
    return closed
  }

  close(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('close').destroy()
  }

  #open(port: number, name: string): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' })
      let sent = `ECHO / HTTP/1.1\r\nHost: ${name}\r\n\r\n`
      let number = 0
      const timer = setInterval(() => {
        if (socket.writableLength > 0) return
        number += 1
        socket.write(`${number};`)
        sent += `${number};`
      }, ECHO_EVERY)
      socket.on('connect', () => socket.write(sent))
      socket.on('data', (chunk) => {
        resolve()
        const text = chunk.toString('latin1')
        if (sent.startsWith(text)) sent = sent.slice(text.length)
        else socket.destroy()
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        clearInterval(timer)
        this.#closed += 1
        resolve()
      })
      this.#sockets.push(socket)
    })
  }
}

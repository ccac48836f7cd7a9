import { connect, type Socket } from 'node:net'

/** Milliseconds that a visit, or what is waited for, may take. */
const LIMIT = 15_000
let visits = 0

/** What one connection got, and the milliseconds from opening it to the first byte. Its first bytes are like no others. */
export interface Visit {
  readonly answer: string
  readonly milliseconds: number
}

/** Opens a connection, asks for something, and closes it at the first answer. `undefined` when there was none. */
export function visit(port: number): Promise<Visit | undefined> {
  return new Promise((resolve) => {
    const began = performance.now()
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const over = (answer?: Visit): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(LIMIT, () => over())
    socket.on('error', () => over())
    socket.on('close', () => over())
    socket.once('data', (bytes) => over({ answer: bytes.toString('latin1'), milliseconds: performance.now() - began }))
    socket.write(request())
  })
}

/** Visits until an answer is as wanted, and says what it was, and how many got none. Throws after fifteen seconds. */
export async function visitUntil(
  port: number,
  wanted: (answer: string) => boolean,
): Promise<Visit & { readonly lost: number }> {
  let lost = 0
  let last: Visit | undefined
  for (const end = performance.now() + LIMIT; performance.now() < end; ) {
    last = await visit(port)
    if (last !== undefined && wanted(last.answer)) return { ...last, lost }
    // where nobody answers, it is not asked without end
    if (last !== undefined) continue
    lost += 1
    await new Promise((resume) => setTimeout(resume, 1))
  }
  throw new Error(`what was waited for on port ${port} did not come; last was ${JSON.stringify(last)}`)
}

/** A connection that has had an answer, and stays. */
export function stay(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const late = setTimeout(() => socket.destroy(new Error('it was not answered')), LIMIT)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('it was closed')))
    socket.once('data', () => {
      clearTimeout(late)
      socket
        .removeAllListeners('close')
        .removeAllListeners('error')
        .on('error', () => {})
      resolve(socket)
    })
    socket.write(request())
  })
}

function request(): string {
  return `GET /${process.pid}-${++visits} HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n`
}

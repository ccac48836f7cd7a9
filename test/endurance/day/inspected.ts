import { until, within } from '../../kit/wait.ts'

/** Memory of a Node process that is in use, all garbage collected first. Bytes. */
export interface InUse {
  readonly heap: number
  /** Outside of the heap, and held by it: buffers for the most part. */
  readonly external: number
}

/**
 * Asks a Node process over its inspector, which it opens when it gets SIGUSR1. It has to have been started with
 * `--inspect-port=0`, and `heard` gives the lines that it and others wrote to standard error.
 */
export class Inspected {
  readonly #pid: number
  readonly #heard: () => readonly string[]
  #url: string | undefined

  constructor(pid: number, heard: () => readonly string[]) {
    this.#pid = pid
    this.#heard = heard
  }

  async inUse(): Promise<InUse> {
    this.#url ??= await this.#open()
    const socket = new WebSocket(this.#url)
    try {
      await within('the inspector', opened(socket))
      // What the first collection lets go of may hold on to more until its finalizers have run.
      for (let time = 0; time < 3; time++) await call(socket, 'HeapProfiler.collectGarbage')
      const expression = 'JSON.stringify(process.memoryUsage())'
      const { result } = await call(socket, 'Runtime.evaluate', { expression })
      const { heapUsed, external } = JSON.parse(String(result?.value))
      return { heap: Number(heapUsed), external: Number(external) }
    } finally {
      socket.close()
    }
  }

  async #open(): Promise<string> {
    const from = this.#heard().length
    process.kill(this.#pid, 'SIGUSR1')
    const url = /^Debugger listening on (ws:\S+)/
    return until(
      `the inspector of process ${this.#pid}`,
      () =>
        this.#heard()
          .slice(from)
          .flatMap((line) => url.exec(line)?.[1] ?? [])
          .at(0),
      () => this.#heard().slice(-5),
    )
  }
}

interface Answer {
  readonly id?: number
  readonly result?: { readonly result?: { readonly value?: unknown } }
}

let calls = 0

async function call(socket: WebSocket, method: string, params = {}): Promise<NonNullable<Answer['result']>> {
  const id = ++calls
  const { promise, resolve } = Promise.withResolvers<NonNullable<Answer['result']>>()
  const listen = ({ data }: MessageEvent) => {
    const answer: Answer = JSON.parse(String(data))
    if (answer.id === id) resolve(answer.result ?? {})
  }
  socket.addEventListener('message', listen)
  socket.send(JSON.stringify({ id, method, params }))
  return within(`the inspector's ${method}`, promise).finally(() => socket.removeEventListener('message', listen))
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error(`${socket.url} cannot be opened`)))
  })
}

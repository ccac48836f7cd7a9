import { basename } from 'node:path'
import { type RecordedConnection, Tape } from '../record.ts'
import type { Inquiry, Verdict } from '../testing/verdict.ts'
import { outcomeText } from '../testing/words.ts'
import type { OpenRouter } from '../testing/workbench.ts'
import { openOrTell } from './check.ts'
import { flatFolders, routerFile, shown, UsageError } from './files.ts'
import type { ListenOptions } from './listen.ts'
import { hasInput, inquiryOf, type QuestionOptions, readQuestion, readTables } from './question.ts'
import { RecordFile } from './record-file.ts'
import { questionOf } from './recorded.ts'
import type { Terminal } from './terminal.ts'
import { withBench } from './with-bench.ts'

export interface RecordOptions extends QuestionOptions {
  readonly router?: string
  readonly listen?: number
  readonly count?: number
}

/** What is known of a connection before it is written. */
type Connection = Omit<RecordedConnection, 'id' | 'router' | 'bytes' | 'questions' | 'leftOut'>
type Asked = Pick<Inquiry, 'hook' | 'bytes' | 'final'>

/** `router-sdk record`: asks a router about a connection and adds both to a record. The result is the exit code. */
export async function record(
  recordFile: string,
  named: string,
  dash: string | undefined,
  options: RecordOptions,
  terminal: Terminal,
): Promise<number> {
  const file = routerFile(named)
  const work =
    options.listen === undefined ? await given(file, dash, options) : await real(file, dash, options, terminal)
  const stop = new AbortController()
  const interrupted = options.listen === undefined ? undefined : (): void => stop.abort()
  return withBench({ many: false, interrupted, flat: flatFolders(options, file) }, async (bench) => {
    const router = await openOrTell(bench, file, terminal)
    if (router === undefined) return 1
    const name = options.router ?? basename(file, '.ts')
    await using target = await RecordFile.open(recordFile)
    const writer = new Writer(target, recordFile, name, terminal)
    await work(bench, router, writer, stop.signal)
    return writer.failed > 0 ? 1 : 0
  })
}

type Work = (
  bench: Parameters<Parameters<typeof withBench>[1]>[0],
  router: OpenRouter,
  writer: Writer,
  signal: AbortSignal,
) => Promise<void>

/** One connection, whose bytes the command line gives. */
async function given(file: string, dash: string | undefined, options: RecordOptions): Promise<Work> {
  if (options.count !== undefined) throw new UsageError('--count belongs to --listen')
  const question = await readQuestion(file, dash, options)
  return async (bench, router, writer) => {
    const inquiry = inquiryOf(router, question)
    const verdict = await bench.ask(router, inquiry)
    const { client, local, listener } = inquiry
    const tape = new Tape()
    tape.add(questionOf(inquiry, verdict), inquiry.bytes)
    writer.add({ time: new Date().toISOString(), client, local, listener }, tape, inquiry, verdict)
  }
}

/** Real connections to a port of this machine. */
async function real(file: string, dash: string | undefined, options: RecordOptions, terminal: Terminal): Promise<Work> {
  const { listen: port = 0, from, count, final, hook } = options
  if (hasInput(options, dash)) throw new UsageError('with --listen the bytes come from clients: give none')
  if (final === true || hook !== 'route')
    throw new UsageError('with --listen the router is asked as the proxy asks it: leave out --final and --hook')
  const tables = await readTables(file, options.table)
  const { listen } = await import('./listen.ts')
  return async (bench, router, writer, signal) => {
    const listenOptions: ListenOptions = {
      port,
      from,
      tables,
      signal,
      listening: (address) =>
        terminal.line(
          `listening on ${address}; ${count === undefined ? '' : `${count} connections, or `}Ctrl-C ends it`,
        ),
      heard: ({ connection, tape, verdict, asked }) => {
        writer.add(connection, tape, asked, verdict)
        return count === undefined || writer.told < count
      },
    }
    await listen(bench, router, listenOptions)
    terminal.line(`${writer.recorded} connections recorded${writer.failed > 0 ? `, ${writer.failed} not` : ''}`)
  }
}

/** Adds connections to a record and says what was decided. What made the router fail is no example to go by. */
class Writer {
  readonly #target: RecordFile
  readonly #file: string
  readonly #router: string
  readonly #terminal: Terminal
  recorded = 0
  failed = 0

  constructor(target: RecordFile, file: string, router: string, terminal: Terminal) {
    this.#target = target
    this.#file = file
    this.#router = router
    this.#terminal = terminal
  }

  get told(): number {
    return this.recorded + this.failed
  }

  add(connection: Connection, tape: Tape, asked: Asked, { outcome }: Verdict): void {
    const terminal = this.#terminal
    const text = terminal.style('bold', outcomeText(outcome, asked.final))
    const what = `${asked.hook}, ${asked.bytes.length} bytes${asked.final ? ', final' : ''}`
    if (outcome.kind === 'failed') {
      this.failed += 1
      const frame = outcome.frame === '' ? '' : `${outcome.frame}\n`
      return terminal.write(`${terminal.style('red', '✖')} ${text}\n${frame}  ${what}: not recorded\n`)
    }
    this.recorded += 1
    const id = this.#target.add({ router: this.#router, ...connection }, tape)
    terminal.line(`${terminal.style('green', '✔')} ${text}\n  ${what}: recorded in ${shown(this.#file)} as ${id}`)
  }
}

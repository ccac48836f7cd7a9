import { stripVTControlCharacters, styleText } from 'node:util'

type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold'

/** Milliseconds from one progress line to the next, and to the first. */
const PROGRESS_PAUSE = 50
const WIDTH = 80

/** Where a command writes: results to standard output, progress and mistakes to standard error. */
export class Terminal {
  readonly colours: boolean
  readonly #progress: boolean
  #next = ''
  #drawing: NodeJS.Timeout | undefined
  #shown = false
  #lost: Error | undefined

  constructor() {
    this.colours = allowsColour(process.stdout)
    this.#progress = process.stderr.isTTY === true && (process.env.CI ?? '') === ''
    process.stdout.on('error', (error) => this.#unread(error))
    process.stderr.on('error', () => {})
    process.once('exit', () => this.progress(''))
  }

  /** Why results could not be written. */
  get lost(): Error | undefined {
    return this.#lost
  }

  write(text: string): void {
    this.progress('')
    process.stdout.write(text)
  }

  line(text = ''): void {
    this.write(`${text}\n`)
  }

  complain(text: string): void {
    this.progress('')
    process.stderr.write(`${text}\n`)
  }

  /** One line that the next one replaces; on a terminal only. An empty one takes it away. */
  progress(text: string): void {
    if (!this.#progress) return
    this.#next = text
    if (text !== '') {
      this.#drawing ??= setTimeout(() => this.#draw(), PROGRESS_PAUSE).unref()
      return
    }
    clearTimeout(this.#drawing)
    this.#drawing = undefined
    if (this.#shown) this.#draw()
  }

  #draw(): void {
    this.#drawing = undefined
    // A terminal that does not know its width says 0.
    const width = Math.max(20, (process.stderr.columns || WIDTH) - 1)
    process.stderr.write(`\r\x1b[2K${stripVTControlCharacters(this.#next).slice(0, width)}`)
    this.#shown = this.#next !== ''
  }

  /** Whoever read the results is gone, as with `| head`: what goes on for long ends as if it was interrupted. */
  #unread(error: Error): void {
    if ('code' in error && error.code === 'EPIPE') process.emit('SIGTERM')
    else this.#lost ??= error
  }

  style(style: Style, text: string): string {
    return this.colours ? styleText(style, text, { validateStream: false }) : text
  }
}

function allowsColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb'
}

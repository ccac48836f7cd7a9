import { stripVTControlCharacters, styleText } from 'node:util'

type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold'

/** Where a command writes: results to standard output, progress and mistakes to standard error. */
export class Terminal {
  readonly colours: boolean
  readonly #progress: boolean
  #shown = false

  constructor() {
    this.colours = allowsColour(process.stdout)
    this.#progress = process.stderr.isTTY === true && process.env.CI === undefined
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
    if (!this.#progress || (text === '' && !this.#shown)) return
    const width = Math.max(20, (process.stderr.columns ?? 80) - 1)
    process.stderr.write(`\r\x1b[2K${stripVTControlCharacters(text).slice(0, width)}`)
    this.#shown = text !== ''
  }

  style(style: Style, text: string): string {
    return this.colours ? styleText(style, text, { validateStream: false }) : text
  }
}

function allowsColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb'
}

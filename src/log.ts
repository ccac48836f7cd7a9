import { closeSync, fstatSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isatty } from 'node:tty'
import { pino } from 'pino'
import { ConfigError } from './config/config-error.ts'
import type { LogSettings } from './config/settings.ts'

/** The program's log and its access records; both are JSON lines unless a person reads them at a terminal. */
export interface Log {
  readonly log: pino.Logger
  /** Writes one access record, whatever the level of the log is; `message` says of what, a `connection` if not otherwise. */
  readonly access: (record: object, message?: string) => void
  /** Opens the files again under their names, after they were moved away. */
  reopen(): void
  /** Writes what is still buffered, before the process ends. */
  flush(): void
}

/** What waits for a slow reader of the log before lines are dropped. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024
/** Linux writes at most this much to a pipe in one piece, so that lines of several processes do not mix (pipe(7)). */
const PIPE_ATOMIC_BYTES = 4096
const FILE_WRITE_BYTES = 64 * 1024
const STDOUT = 1

type Destination = ReturnType<typeof pino.destination>

/**
 * Opens the log. `fields` are part of every line. Lines of several processes may go to the same file.
 *
 * @throws ConfigError when a file cannot be written.
 */
export function openLog(settings: LogSettings, fields: Record<string, unknown> = {}): Log {
  const readable = settings.file === null && (settings.pretty === 'auto' ? isatty(STDOUT) : settings.pretty)
  const main = openDestination(settings.file)
  const accessDestination = typeof settings.access === 'string' ? openDestination(settings.access) : main
  const log = readable ? readableLog(settings.level, fields, main) : lineLog(settings.level, fields, main)
  const access = typeof settings.access === 'string' || !readable ? lineLog('info', fields, accessDestination) : log
  return {
    log,
    access: settings.access === false ? () => {} : (record, message = 'connection') => access.info(record, message),
    reopen: () => {
      if (settings.file !== null) main.reopen()
      if (typeof settings.access === 'string') accessDestination.reopen()
    },
    flush: () => {
      flushQuietly(main)
      if (accessDestination !== main) flushQuietly(accessDestination)
    },
  }
}

function openDestination(file: string | null): Destination {
  if (file !== null) assertWritable(file)
  const maxWrite = file !== null || fstatSync(STDOUT).isFile() ? FILE_WRITE_BYTES : PIPE_ATOMIC_BYTES
  const options = { dest: file ?? STDOUT, append: true, sync: false, maxLength: MAX_WAITING_BYTES, maxWrite }
  const destination = pino.destination(options)
  // A full disk or a reader that left is no reason to stop routing; the lines are lost and connections go on.
  destination.on('error', () => {})
  return destination
}

function assertWritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'))
  } catch (error) {
    throw new ConfigError(`cannot write the log ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A destination that is not open yet or whose reader has left cannot be flushed, and nothing can be done about it. */
function flushQuietly(destination: Destination): void {
  try {
    destination.flushSync()
  } catch {}
}

function lineLog(level: string, fields: Record<string, unknown>, destination: Destination): pino.Logger {
  return pino(
    {
      level,
      base: { pid: process.pid, ...fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { streamWrite: escapeRest },
    },
    destination,
  )
}

/** A terminal that stops, as after Ctrl-S, stops nobody: lines wait for it, and are dropped, as for any other reader. */
function readableLog(level: string, fields: Record<string, unknown>, destination: Destination): pino.Logger {
  const pretty: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty') // for terminals alone
  const prettify = pretty.prettyFactory({
    colorize: isatty(STDOUT) && process.env.NO_COLOR === undefined,
    ignore: 'pid,hostname,frame',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    messageFormat: (line, messageKey) => [String(line[messageKey]), ...frameLines(line.frame)].join('\n    '),
  })
  const write = (line: string) => void destination.write(prettify(escapeTwice(line)))
  return pino({ level, base: fields }, { write })
}

/** A code frame is logged as a list of lines: the only text that may take several lines at a terminal. */
function frameLines(frame: unknown): string[] {
  return Array.isArray(frame) ? frame.map(String) : []
}

const REST = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** JSON escapes the control characters below U+0020; terminals also obey these. */
function escapeRest(line: string): string {
  return line.replace(REST, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * Escapes in a line of JSON once more what its reader would unescape: a router's text must not move the cursor of the
 * terminal, nor look like a line of its own.
 */
function escapeTwice(line: string): string {
  return escapeRest(line).replace(/\\(\\|u[0-9a-f]{4}|[nrbf])/g, (sequence) =>
    sequence === '\\\\' ? sequence : `\\${sequence}`,
  )
}

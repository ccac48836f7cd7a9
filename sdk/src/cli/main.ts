import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { keepMade } from '../compile/kept.ts'
import { nearest } from '../nearest.ts'
import { isName, NAME_RULE } from '../router-file.ts'
import { Fault } from '../testing/fault.ts'
import type { BenchOptions } from './bench.ts'
import { cacheFolder } from './cache.ts'
import type { CheckOptions } from './check.ts'
import { UsageError } from './files.ts'
import type { NewOptions } from './new.ts'
import { ownVersion } from './own-version.ts'
import type { QuestionOptions } from './question.ts'
import type { RecordOptions } from './record.ts'
import type { ReplayOptions } from './replay.ts'
import { REPORTERS } from './reporters/index.ts'
import { PROTOCOLS } from './templates.ts'
import { Terminal } from './terminal.ts'
import type { TestOptions } from './test.ts'

const FAILED = 1
const USAGE_ERROR = 2
const OWN_FAILURE = 3
const HOOKS = ['route', 'onConnect', 'onConnectError', 'onInactivity'] as const
const FLAT =
  "the folder is an operator's: its routers may import only files directly in it, and folders in it are tenants'"
const EXIT_CODES = `
Exit codes: 0 all is well, 1 a router failed, 2 the command line is wrong, 3 router-sdk itself failed, 130 interrupted.`

/** Runs the `router-sdk` command; `args` are those after the program's name. The result is the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = new Terminal()
  process.once('exit', () => {
    if (terminal.lost === undefined) return
    terminal.complain(`router-sdk: the result cannot be written: ${terminal.lost.message}`)
    process.exitCode = OWN_FAILURE
  })
  keepMade(cacheFolder())
  let code = 0
  try {
    const program = createProgram(terminal, (result) => (code = result))
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR
    const expected = error instanceof UsageError || error instanceof Fault
    terminal.complain(`router-sdk: ${expected || !(error instanceof Error) ? messageOf(error) : error.stack}`)
    return error instanceof UsageError ? USAGE_ERROR : expected ? FAILED : OWN_FAILURE
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function createProgram(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('router-sdk')
  program
    .description('Write, type-check, test and replay routers for Pointsman.')
    .helpOption('-h, --help', 'say what a command does')
    .helpCommand('help [command]', 'say what a command does')
    .version(ownVersion(), '--version', 'say which version this is')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'router-sdk: ')) })
    .addHelpText('after', EXIT_CODES)
  for (const add of [addNew, addCheck, addTest, addTry, addRecord, addReplay, addBench]) add(program, terminal, done)
  return program
}

type Add = (program: Command, terminal: Terminal, done: (code: number) => void) => void

// Each command's own modules are loaded when it is run: a person waits.

const addNew: Add = (program, terminal, done) => {
  program
    .command('new')
    .argument('<name>', 'of the router; its files are written into the current folder')
    .addOption(oneOf(new Option('--protocol <name>', 'what its clients speak'), PROTOCOLS).default('http'))
    .description('write a router with tests that pass')
    .addHelpText('after', example('router-sdk new shop --protocol tls'))
    .action(async (name: string, options: NewOptions) => {
      const { newRouter } = await import('./new.ts')
      done(await newRouter(name, options, terminal))
    })
}

const addCheck: Add = (program, terminal, done) => {
  program
    .command('check')
    .argument('[files...]', 'routers, or folders of them (default: those of the current folder)')
    .option('--json', 'print the result as JSON')
    .option('--flat', FLAT)
    .description('types, forbidden imports and globals, loading, the first question, size')
    .addHelpText('after', example('router-sdk check git.ts'))
    .action(async (files: string[], options: CheckOptions) => {
      const { check } = await import('./check.ts')
      done(await check(files, options, terminal))
    })
}

const addTest: Add = (program, terminal, done) => {
  program
    .command('test')
    .argument('[files...]', 'tests, routers, or folders of them (default: those of the current folder)')
    .option('--watch', 'run again what changes')
    .addOption(oneOf(new Option('--reporter <name>', 'how to tell the result'), REPORTERS).default('spec'))
    .option('--flat', FLAT)
    .option('--noise <seconds>', 'how long each router is fed noise, 0 to 3600', noise, 1)
    .option('--update', 'forget saved failing inputs that fail no more')
    .description('run the *.test.ts beside routers, each connection cut at every byte, and noise')
    .addHelpText('after', example('router-sdk test git.ts', 'router-sdk test --reporter junit > report.xml'))
    .action(async (files: string[], options: TestOptions) => {
      const { test } = await import('./test.ts')
      done(await test(files, options, terminal))
    })
}

/** What a router is asked. */
function withQuestion(command: Command): Command {
  return command
    .argument('<router>', 'a router file')
    .argument('[-]', 'read the bytes from standard input')
    .option('--text <text>', 'the bytes as text, with \\r \\n \\t \\0 \\x00 and \\\\')
    .option('--hex <digits>', 'the bytes in hexadecimal')
    .option('--file <file>', 'a file with the bytes')
    .option('--final', 'no more bytes will come')
    .addOption(oneOf(new Option('--hook <name>', 'what to ask'), HOOKS).default('route'))
    .option('--flat', FLAT)
    .option('--from <client>', 'the address of the client, with or without a port')
    .addOption(
      new Option('--table <name=file>', 'a table for look-ups, again for each')
        .argParser((word, all: string[]) => [...all, word])
        .default([], 'those beside the router'),
    )
}

const addTry: Add = (program, terminal, done) => {
  withQuestion(program.command('try'))
    .description('these bytes → this answer, what each parser says of them, CPU and look-ups')
    .addHelpText(
      'after',
      example(
        "router-sdk try git.ts --text '0033git-upload-pack /alice/site.git\\0host=localhost\\0'",
        'curl … | router-sdk try web.ts -',
      ),
    )
    .action(async (router: string, dash: string | undefined, options: QuestionOptions) => {
      const { tryRouter } = await import('./try.ts')
      done(await tryRouter(router, dash, options, terminal))
    })
}

const addRecord: Add = (program, terminal, done) => {
  withQuestion(program.command('record').argument('<record>', 'a file to add to, or to make'))
    .option('--listen <port>', 'take connections to this port of 127.0.0.1, which are answered nothing', port)
    .option('--count <n>', 'how many connections (default: until Ctrl-C)', count)
    .option(
      '--router <name>',
      'whose connections these are, such as acme/git (default: the file without .ts)',
      routerName,
    )
    .description('ask a router about a connection, and add both to a file that `replay` reads')
    .addHelpText(
      'after',
      example(
        "router-sdk record git.jsonl git.ts --text '0033git-upload-pack /alice/site.git\\0host=localhost\\0'",
        'router-sdk record git.jsonl git.ts --listen 9418 --count 1',
      ),
    )
    .action(async (file: string, router: string, dash: string | undefined, options: RecordOptions) => {
      const { record } = await import('./record.ts')
      done(await record(file, router, dash, options, terminal))
    })
}

const addReplay: Add = (program, terminal, done) => {
  program
    .command('replay')
    .argument('<record>', 'a file that `pointsman serve --record` or `router-sdk record` wrote')
    .argument('<router>', 'a router file')
    .option(
      '--router <name>',
      'its name in the record (default: the file without .ts, or with its folder: acme/git)',
      routerName,
    )
    .option('--flat', FLAT)
    .description('ask a router again, and list every connection that would now go elsewhere')
    .addHelpText(
      'after',
      example('router-sdk replay monday.jsonl git.ts', 'router-sdk replay monday.jsonl git.ts --router acme/git'),
    )
    .action(async (record: string, router: string, options: ReplayOptions) => {
      const { replay } = await import('./replay.ts')
      done(await replay(record, router, options, terminal))
    })
}

const addBench: Add = (program, terminal, done) => {
  program
    .command('bench')
    .argument('<router>', 'a router file')
    .option('--record <file>', 'ask what was recorded, instead of what its tests give')
    .option('--seconds <n>', 'how long, 0.1 to 600', seconds, 3)
    .option('--flat', FLAT)
    .description('decisions a second, and how their CPU times are distributed')
    .addHelpText('after', example('router-sdk bench git.ts --seconds 10'))
    .action(async (router: string, options: BenchOptions) => {
      const { bench } = await import('./bench.ts')
      done(await bench(router, options, terminal))
    })
}

/** An option that takes one of a few words; another is answered with the one that was meant. */
function oneOf(option: Option, words: readonly string[]): Option {
  return option.choices(words).argParser((word) => {
    if (words.includes(word)) return word
    const meant = nearest(word, words)
    const hint = meant === undefined ? '' : `\n(Did you mean ${meant}?)`
    throw new InvalidArgumentError(`It is one of ${words.join(', ')}.${hint}`)
  })
}

function noise(text: string): number {
  const found = Number(text)
  if (text.trim() !== '' && found >= 0 && found <= 3600) return found
  throw new InvalidArgumentError('It is a number of seconds from 0 to 3600.')
}

function seconds(text: string): number {
  const value = Number(text)
  if (value >= 0.1 && value <= 600) return value
  throw new InvalidArgumentError('It is a number of seconds from 0.1 to 600.')
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError('It is a port, 0 to 65535; 0 lets the system choose.')
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a number of connections, 1 or more.')
}

function routerName(text: string): string {
  const parts = text.split('/')
  if (parts.length <= 2 && parts.every(isName)) return text
  throw new InvalidArgumentError(`It is a router's name, or a tenant's and a router's such as acme/git: ${NAME_RULE}.`)
}

function example(...lines: string[]): string {
  return `\nExample:\n${lines.map((line) => `  ${line}`).join('\n')}`
}

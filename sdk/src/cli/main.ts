import { Command, CommanderError, Option } from 'commander'
import { keepMade } from '../compile/kept.ts'
import { cacheFolder } from './cache.ts'
import { UsageError } from './files.ts'
import { REPORTERS } from './reporters/index.ts'
import { Terminal } from './terminal.ts'
import type { TestOptions } from './test.ts'

const USAGE_ERROR = 2
const EXIT_CODES = `
Exit codes: 0 all is well, 1 a router failed, 2 the command line is wrong, 130 interrupted.`

/** Runs the `router-sdk` command; `args` are those after the program's name. The result is the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = new Terminal()
  keepMade(cacheFolder())
  let code = 0
  try {
    const program = createProgram(terminal, (result) => (code = result))
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR
    if (!(error instanceof UsageError)) throw error
    terminal.complain(`router-sdk: ${error.message}`)
    return USAGE_ERROR
  }
}

function createProgram(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('router-sdk')
  program
    .description('Write, type-check, test and replay routers for Pointsman.')
    .helpOption('--help', 'say what a command does')
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'router-sdk: ')) })
    .addHelpText('after', EXIT_CODES)
  // Each command's own modules are loaded when it is run: a person waits.
  program
    .command('check')
    .argument('[files...]', 'routers, or folders of them (default: those of the current folder)')
    .option('--json', 'print the result as JSON')
    .description('types, forbidden imports and globals, loading, the first question, size')
    .addHelpText('after', example('router-sdk check git.ts'))
    .action(async (files: string[], options: { json?: boolean }) => {
      const { check } = await import('./check.ts')
      done(await check(files, options, terminal))
    })
  program
    .command('test')
    .argument('[files...]', 'tests, routers, or folders of them (default: those of the current folder)')
    .option('--watch', 'run again what changes')
    .addOption(new Option('--reporter <name>', 'how to tell the result').choices(REPORTERS).default('spec'))
    .option('--update', 'forget saved failing inputs that fail no more')
    .description('run the *.test.ts beside routers, each connection cut at every byte, and noise for a second')
    .addHelpText('after', example('router-sdk test git.ts', 'router-sdk test --reporter junit > report.xml'))
    .action(async (files: string[], options: TestOptions) => {
      const { test } = await import('./test.ts')
      done(await test(files, options, terminal))
    })
  return program
}

function example(...lines: string[]): string {
  return `\nExample:\n${lines.map((line) => `  ${line}`).join('\n')}`
}

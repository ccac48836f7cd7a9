import { Command, CommanderError, InvalidArgumentError } from 'commander'
import type { CommandLine } from './config/load.ts'
import type { Asked } from './control/commands.ts'
import { OperatorMistake } from './operator-mistake.ts'
import { VERSION } from './version.ts'

const DEFAULT_ROUTERS = './routers'
const USAGE_ERROR = 2

interface ServeOptions {
  readonly host?: string
  readonly port?: number
  readonly config?: string
  readonly record?: string
}

/** Runs the `pointsman` command. `args` are those after the program's name. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR)
    if (!(error instanceof OperatorMistake)) throw error
    complain(error)
    process.exit(1)
  }
}

function createProgram(): Command {
  const program = new Command('pointsman')
  program
    .description('A sandboxed, scriptable TCP router: TypeScript files decide where connections go.')
    .version(VERSION, '--version')
    .helpOption('--help', 'say what a command does')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'pointsman: ')) })
  serving(program.command('serve'))
    .description('serve a directory of routers, or one router file')
    .option('--record <file>', 'record what routers are asked and answer, for router-sdk replay')
    .action(async (routers: string, options: ServeOptions) => {
      const { serve } = await import('./serve.ts')
      await serve(routers, commandLine(options))
    })
  serving(program.command('check'))
    .description('compile, type-check and load routers, and say what would be served')
    .action(async (routers: string, options: ServeOptions) => {
      const { check } = await import('./check.ts')
      process.exitCode = await check(routers, commandLine(options))
    })
  configured(program.command('config'))
    .description('print the configuration with every default')
    .action(async (options: ServeOptions) => {
      const { loadConfig } = await import('./config/load.ts')
      const { settings } = await loadConfig(commandLine(options))
      process.stdout.write(`${JSON.stringify(settings, null, 2)}\n`)
    })
  asking(program)
  return program
}

/** The commands that ask a program which runs. */
function asking(program: Command): void {
  const commands = (): Promise<typeof import('./control/commands.ts')> => import('./control/commands.ts')
  const command = (of: Command, name: string, description: string) =>
    of
      .command(name)
      .description(description)
      .helpOption('--help', 'say what this command does')
      .option('-c, --config <file>', 'configuration of the program to ask')
      .option('-r, --routers <path>', 'what the program to ask serves', DEFAULT_ROUTERS)
  const tenants = command(program, 'tenants', 'list the tenants of a running pointsman, and what they use')
  tenants.action(async (asked: Asked) => print(await (await commands()).listTenants(asked)))
  command(tenants, 'release <tenant>', 'end the quarantines of a tenant, and try again what was rolled back').action(
    async (tenant: string, asked: Asked) => print(await (await commands()).releaseTenant(asked, tenant)),
  )
  command(program, 'status', 'print the status of a running pointsman, as JSON').action(async (asked: Asked) =>
    print(await (await commands()).printed(asked, 'status')),
  )
  command(program, 'metrics', 'print the metrics of a running pointsman, as Prometheus reads them').action(
    async (asked: Asked) => print(await (await commands()).printed(asked, 'metrics')),
  )
}

function print(text: string): void {
  process.stdout.write(text)
}

function serving(command: Command): Command {
  return configured(command.argument('[routers]', 'directory or router file', DEFAULT_ROUTERS))
}

/** `-h` is the host, as it was for ProxyMachine; help is `--help` alone. */
function configured(command: Command): Command {
  return command
    .helpOption('--help', 'say what this command does')
    .option('-h, --host <host>', 'address for routers that name none (default: 0.0.0.0)')
    .option('-p, --port <port>', 'port for routers that name none (default: 5432)', parsePort)
    .option('-c, --config <file>', 'configuration: a .ts or .json file')
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^[0-9]{1,5}$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
}

function commandLine({ host, port, config, record }: ServeOptions): CommandLine {
  return { host, port, config, record }
}

function complain(error: Error): void {
  process.stderr.write(`pointsman: ${error.message}\n`)
}

import { existsSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { check } from './check.ts'
import { type CommandLine, loadConfig } from './config/load.ts'
import { ConfigError } from './config/problems.ts'
import { listTenants, printed, releaseTenant } from './control/commands.ts'
import { controlSocket } from './control/socket-path.ts'
import { isOperatorsMistake, Supervisor } from './supervisor/supervisor.ts'

import { VERSION } from './version.ts'

const DEFAULT_ROUTERS = './routers'
const USAGE_ERROR = 2

interface AskOptions {
  readonly config?: string
  readonly routers: string
}

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
    if (!isOperatorsMistake(error)) throw error
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
    .action((routers: string, options: ServeOptions) => serve(routers, commandLine(options)))
  serving(program.command('check'))
    .description('compile, type-check and load routers, and say what would be served')
    .action(async (routers: string, options: ServeOptions) => {
      process.exitCode = await check(routers, commandLine(options))
    })
  configured(program.command('config'))
    .description('print the configuration with every default')
    .action(async (options: ServeOptions) => {
      const { settings } = await loadConfig(commandLine(options))
      process.stdout.write(`${JSON.stringify(settings, null, 2)}\n`)
    })
  asking(program)
  return program
}

/** The commands that ask a program which runs. */
function asking(program: Command): void {
  const command = (of: Command, name: string, description: string) =>
    of
      .command(name)
      .description(description)
      .helpOption('--help', 'say what this command does')
      .option('-c, --config <file>', 'configuration of the program to ask')
      .option('-r, --routers <path>', 'what the program to ask serves', DEFAULT_ROUTERS)
  const tenants = command(program, 'tenants', 'list the tenants of a running pointsman, and what they use')
  tenants.action(async (options: AskOptions) => print(await listTenants(await socketOf(options))))
  command(tenants, 'release <tenant>', 'end the quarantines of a tenant, and try again what was rolled back').action(
    async (tenant: string, options: AskOptions) => print(await releaseTenant(await socketOf(options), tenant)),
  )
  command(program, 'status', 'print the status of a running pointsman, as JSON').action(async (options: AskOptions) =>
    print(await printed(await socketOf(options), 'status')),
  )
  command(program, 'metrics', 'print the metrics of a running pointsman, as Prometheus reads them').action(
    async (options: AskOptions) => print(await printed(await socketOf(options), 'metrics')),
  )
}

async function socketOf({ routers, config }: AskOptions): Promise<string> {
  const { settings } = await loadConfig(commandLine({ ...(config !== undefined && { config }) }))
  if (!existsSync(routers)) throw new ConfigError(`there is no ${routers}; -r says what the program to ask serves`)
  const socket = controlSocket(settings.control.socket, routers)
  if (socket === undefined) throw new ConfigError('control.socket is null: there is none to ask')
  return socket
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

async function serve(routers: string, line: CommandLine): Promise<void> {
  const supervisor = new Supervisor(routers, line, await loadConfig(line))
  process.on('SIGTERM', (signal) => supervisor.stopSoon(signal))
  process.on('SIGINT', (signal) => supervisor.stopSoon(signal))
  process.on('SIGQUIT', (signal) => supervisor.stopPatiently(signal))
  process.on('SIGHUP', () => void supervisor.reload())
  try {
    await supervisor.start()
  } catch (error) {
    await supervisor.close()
    throw error
  }
}

function complain(error: Error): void {
  process.stderr.write(`pointsman: ${error.message}\n`)
}

import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { ConfigError } from './config-error.ts'
import { freshImport } from './fresh-import.ts'
import { parseSettings } from './problems.ts'
import type { Settings } from './settings.ts'
import { withAbsolutePaths } from './tenant-paths.ts'

const DEFAULT_FILES = ['pointsman.config.ts', 'pointsman.config.json']

/** What the command line says; it wins over the file. */
export interface CommandLine {
  readonly config: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  /** The file that connections are recorded to. */
  readonly record?: string | undefined
}

export interface LoadedConfig {
  readonly settings: Settings
  /** Absolute path of the file that was read; `undefined` when there is none and every setting has its default. */
  readonly file: string | undefined
}

/**
 * Reads the configuration: the file that the command line names, or the first default file of the working directory. `files`
 * gets the paths of all that it depends on, also when it fails: what was read, and what would have been if it were there.
 *
 * @throws ConfigError
 */
export async function loadConfig(
  line: CommandLine,
  cwd: string = process.cwd(),
  files: Set<string> = new Set(),
): Promise<LoadedConfig> {
  const file = findFile(line.config, cwd, files)
  const source = file === undefined ? 'the command line' : basename(file)
  const read = file === undefined ? {} : await readConfiguration(file, files)
  const settings = parseSettings(overlay(read, line), source)
  return { settings: withAbsolutePaths(settings, file === undefined ? cwd : dirname(file)), file }
}

function findFile(named: string | undefined, cwd: string, files: Set<string>): string | undefined {
  if (named === undefined) {
    const paths = DEFAULT_FILES.map((name) => resolve(cwd, name))
    for (const path of paths) files.add(path)
    return paths.find((path) => existsSync(path))
  }
  const path = resolve(cwd, named)
  files.add(path)
  if (!['.ts', '.json'].includes(extname(path)))
    throw new ConfigError(`the configuration ${named} is not a .ts or .json file`)
  return path
}

async function readConfiguration(file: string, files: Set<string>): Promise<unknown> {
  const text = readText(file)
  return extname(file) === '.ts' ? importDefault(file, files) : parseJson(file, text)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`cannot read the configuration ${file}: ${reason(error)}`)
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ConfigError(`${basename(file)} is not JSON: ${reason(error)}`)
  }
}

async function importDefault(file: string, files: Set<string>): Promise<unknown> {
  let module: unknown
  try {
    module = await freshImport(file, files)
  } catch (error) {
    throw new ConfigError(`cannot load ${basename(file)}: ${reason(error)}`)
  }
  if (typeof module === 'object' && module !== null && 'default' in module) return module.default
  throw new ConfigError(`${basename(file)} has no default export; write: export default defineConfig({ … })`)
}

function overlay(read: unknown, line: CommandLine): unknown {
  const listen = withSection(read, 'listen', { host: line.host, port: line.port })
  return withSection(listen, 'record', { file: line.record === undefined ? undefined : resolve(line.record) })
}

/** What is no object stays as it is, for the check to complain of. */
function withSection(read: unknown, name: string, values: Readonly<Record<string, unknown>>): unknown {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  if (given.length === 0 || !isRecord(read)) return read
  const section = read[name] ?? {}
  return isRecord(section) ? { ...read, [name]: { ...section, ...Object.fromEntries(given) } } : read
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One line that says what went wrong; a system error without its call and path, which the sentence around it has. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const system = /^(E[A-Z]+): ([^,]+)/.exec(error.message)
  const text = system === null ? error.message : `${system[2]} (${system[1]})`
  return stripVTControlCharacters(text).split('\n')[0] ?? ''
}

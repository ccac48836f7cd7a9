import { type CommandLine, loadConfig } from './config/load.ts'
import { Supervisor } from './supervisor/supervisor.ts'

/**
 * Serves `routers`, a folder or a file, until a signal ends it.
 *
 * @throws OperatorMistake when nothing can be served
 */
export async function serve(routers: string, line: CommandLine): Promise<void> {
  const supervisor = new Supervisor(routers, line, await loadConfig(line))
  process.on('SIGTERM', (signal) => supervisor.shutdown.soon(signal))
  process.on('SIGINT', (signal) => supervisor.shutdown.soon(signal))
  process.on('SIGQUIT', (signal) => supervisor.shutdown.patiently(signal))
  process.on('SIGHUP', () => void supervisor.reload())
  try {
    await supervisor.start()
  } catch (error) {
    await supervisor.close()
    throw error
  }
}

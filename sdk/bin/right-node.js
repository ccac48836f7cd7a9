// Any Node that knows ES modules can run this: it is asked for when the Node that a command was started with is too old.
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2']

/**
 * Starts this process's command again with the Node that was installed beside it, and ends as that does. The result says
 * whether there is one.
 */
export function startAgain() {
  const node = installedNode()
  if (node === undefined) return false
  // A session of its own: what a terminal sends to all processes of the command would otherwise reach it twice.
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', detached: true })
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`${node} cannot be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    for (const forwarded of FORWARDED) process.removeAllListeners(forwarded)
    process.kill(process.pid, signal)
  })
  return true
}

function installedNode() {
  try {
    const require = createRequire(import.meta.url)
    const about = require.resolve(`node-${process.platform}-${process.arch}/package.json`)
    const node = realpathSync(join(dirname(about), 'bin', 'node'))
    return node === realpathSync(process.execPath) ? undefined : node
  } catch {
    return undefined
  }
}

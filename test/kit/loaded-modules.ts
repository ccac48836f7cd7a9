/** Preloaded with `--import`: writes the addresses of all modules that a program loads to its standard output, as JSON. */

import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'

const loaded: string[] = []
registerHooks({
  load(url, context, next) {
    loaded.push(url)
    return next(url, context)
  },
})
process.on('exit', () => writeSync(1, JSON.stringify(loaded)))

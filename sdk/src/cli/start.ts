/** Before all else is loaded: what the engine makes of our sources is kept, since a person waits for this command. */
import { mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { cacheFolder } from './cache.ts'

try {
  mkdirSync(cacheFolder(), { recursive: true, mode: 0o700 })
  enableCompileCache(join(cacheFolder(), 'code'))
} catch {
  // Without a home it starts more slowly.
}

const { main } = await import('./main.ts')
process.exitCode = await main(process.argv.slice(2))

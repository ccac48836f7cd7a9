/** Before all else is loaded: what the engine makes of our sources is kept, since a person waits for this command. */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { makeFolder } from '../compile/make-folder.ts'
import { cacheFolder } from './cache.ts'

const code = join(cacheFolder(), 'code')
try {
  makeFolder(code)
  enableCompileCache(code)
} catch {
  // Without a home it starts more slowly.
}

const { main } = await import('./main.ts')
process.exitCode = await main(process.argv.slice(2))

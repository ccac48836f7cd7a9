/** `npm run example NAME`: runs `examples/NAME/_run.ts`; an example without one is a router to copy into `routers/`. */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const runnable = readdirSync(here).filter((name) => existsSync(join(here, name, '_run.ts')))
const [name] = process.argv.slice(2)
if (name === undefined || !runnable.includes(name)) {
  console.error(`npm run example NAME, where NAME is one of: ${runnable.join(', ')}`)
  process.exit(2)
}
await import(`./${name}/_run.ts`)

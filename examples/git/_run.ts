/**
 * `npm run example git`: two git daemons, one for each owner, behind one router. Try what it prints; Ctrl-C ends it all.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GitHome } from './_homes.ts'

const here = dirname(fileURLToPath(import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'pointsman-git-'))
const homes = [await GitHome.start('alice', join(folder('alice'))), await GitHome.start('bob', folder('bob'))]
const routers = folder('routers')
cpSync(join(here, 'git.ts'), join(routers, 'git.ts'))
writeFileSync(
  join(routers, 'git.homes.json'),
  JSON.stringify(Object.fromEntries(homes.map(({ owner, port }) => [owner, `127.0.0.1:${port}`]))),
)

const pointsman = spawn(process.execPath, [join(here, '..', '..', 'bin', 'pointsman.js'), 'serve', routers], {
  stdio: 'inherit',
})
console.log(`
  git clone git://localhost/alice/site.git     # served by alice's daemon, port ${homes[0]?.port}
  git clone git://localhost/bob/site.git       # served by bob's, port ${homes[1]?.port}
  git clone git://localhost/carol/site.git     # nobody's
  edit ${join(routers, 'git.homes.json')} or git.ts, and clone again
`)
// A terminal sends it to the whole group: the proxy drains, and we wait for it.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => pointsman.kill('SIGTERM'))
pointsman.on('exit', (code) => {
  for (const home of homes) home.stop()
  rmSync(scratch, { recursive: true, force: true })
  process.exit(code ?? 1)
})

function folder(name: string): string {
  const path = join(scratch, name)
  mkdirSync(path, { recursive: true })
  return path
}

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BIN } from '../kit/pointsman.ts'
import { exchange, freePort } from '../kit/sockets.ts'
import { within } from '../kit/wait.ts'

const ROUTER = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => { conn.log('x'.repeat(400)); return { close: 'served' } } })
`
/** Each logs two lines, of more than 500 bytes in all: ten times what a pipe holds. */
const CONNECTIONS = 1500
const AT_ONCE = 25

for (const pretty of [false, true])
  test(`whoever reads the log${pretty ? ', made for people,' : ''} and stops, like a terminal after Ctrl-S, stops no connection`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'pointsman-log-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'r.ts'), ROUTER)
    const port = await freePort()
    const config = { listen: { host: '127.0.0.1', port }, log: { pretty }, control: { socket: null } }
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    const child = spawn(process.execPath, [BIN, 'serve', folder, '-c', join(folder, 'config.json')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    try {
      let said = ''
      for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
        said += String(chunk)
        if (said.includes('pointsman serves')) break
      }
      child.stdout.pause()
      for (let left = CONNECTIONS; left > 0; left -= AT_ONCE) {
        const answers = await within('answers', Promise.all(Array.from({ length: AT_ONCE }, () => exchange(port, 'x'))))
        assert.deepEqual(new Set(answers), new Set(['served']), `${left} left`)
      }
    } finally {
      child.stdout.resume()
      child.kill('SIGTERM')
      await within('the program to end', exited)
    }
  })

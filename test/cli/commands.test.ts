import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BIN, runPointsman } from '../kit/pointsman.ts'

const scratch = mkdtempSync(join(tmpdir(), 'pointsman-commands-'))
after(() => rmSync(scratch, { recursive: true }))

test('config prints every setting as JSON, with what the file and the command line say', async () => {
  const file = join(scratch, 'c.ts')
  writeFileSync(file, 'export default { workers: 3, listen: { port: 1 } }\n')
  const { code, stdout } = await runPointsman(['config', '-c', file, '-p', '7'])
  const printed: unknown = JSON.parse(stdout)
  assert.equal(code, 0)
  assert.ok(typeof printed === 'object' && printed !== null && 'workers' in printed && 'listen' in printed)
  assert.deepEqual([printed.workers, printed.listen], [3, { host: '0.0.0.0', port: 7 }])
})

test('check says what would be served', async () => {
  const folder = join(scratch, 'routers')
  mkdirSync(join(folder, 'acme'), { recursive: true })
  const source = (listen: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({ ${listen} route: () => ({ close: true }), onConnectError: () => ({ close: true }) })\n`
  writeFileSync(join(folder, 'git.ts'), source('listen: 9418,'))
  writeFileSync(join(folder, 'acme', 'web.ts'), source(''))
  const file = join(scratch, 'tenants.json')
  writeFileSync(file, '{"tenants":{"named":{"acme":{"ports":["8080"]}}}}')
  const { code, stdout, stderr } = await runPointsman(['check', folder, '-p', '8080', '-c', file])
  assert.equal(stderr, '')
  assert.equal(stdout, 'git  0.0.0.0:9418  route, onConnectError\nacme/web  0.0.0.0:8080  route, onConnectError\n')
  assert.equal(code, 0)
})

test('--help and --version answer and exit with 0', async () => {
  const [help, version] = await Promise.all([runPointsman(['serve', '--help']), runPointsman(['--version'])])
  assert.match(help.stdout, /-h, --host <host>[\s\S]*-p, --port <port>[\s\S]*-c, --config <file>/)
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
  assert.deepEqual([help.code, version.code], [0, 0])
})

test('an older Node is told which one is needed, in one line', () => {
  // The same file, in a Node that says that it is older: what an old one would read is plain JavaScript either way.
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' });`
  const preload = join(scratch, 'old.cjs')
  writeFileSync(preload, pretend)
  const { status, stderr } = spawnSync(process.execPath, ['--require', preload, BIN, 'serve'], { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /^pointsman needs Node 26\.10 or newer and was started with 20\.20\.2; on Linux .* brings .*\n$/)
})

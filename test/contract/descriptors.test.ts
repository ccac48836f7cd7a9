import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { closeDescriptor, descriptorLimit, duplicateDescriptor } from '../../src/transport/descriptors.ts'

const run = promisify(execFile)
const O_CLOEXEC = 0o2000000

describe('descriptors', { skip: process.platform !== 'linux' }, () => {
  it('duplicates a descriptor that no child process inherits', async () => {
    const file = await open('/dev/null')
    const copy = duplicateDescriptor(file.fd)
    await file.close()
    assert.ok(copy !== undefined)
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${copy}`, 'latin1'))?.[1]
    assert.equal(Number.parseInt(flags ?? '0', 8) & O_CLOEXEC, O_CLOEXEC)
    closeDescriptor(copy)
    assert.throws(() => readFileSync(`/proc/self/fdinfo/${copy}`), { code: 'ENOENT' })
  })

  it('gives nothing for a descriptor that is not open', () => {
    assert.equal(duplicateDescriptor(999_999), undefined)
  })

  it('knows how many descriptors this process may have', async () => {
    const script = `import('${import.meta.resolve('../../src/transport/descriptors.ts')}').then((m) => console.log(m.descriptorLimit()))`
    const { stdout } = await run('sh', ['-c', 'ulimit -n 321; exec "$0" -e "$1"', process.execPath, script])
    assert.equal(stdout.trim(), '321')
    assert.ok(descriptorLimit() >= 256)
  })

  it('lets a listener pause and resume by binding again where FFI is not permitted', async () => {
    await run(process.execPath, ['--permission', '--allow-net', '--allow-fs-read=*', '-e', pauseAndResume(''), '0'])
  })

  it('lets a listener that finds no descriptor to resume with try again until there is one', async () => {
    const script = pauseAndResume(`
      const taken = []
      try { for (;;) taken.push(fs.openSync('/dev/null')) } catch (error) { if (error.code !== 'EMFILE') throw error }
      listener.onError = () => { listener.onError = undefined; for (const fd of taken) fs.closeSync(fd) }
      process.on('exit', () => { if (listener.onError !== undefined) throw new Error('nothing was reported') })`)
    await run('sh', ['-c', 'ulimit -n 64; exec "$0" -e "$1"', process.execPath, script], { timeout: 20_000 })
  })
})

/** A program that ends well when a listener answers after `pause`, `between` and `resume`. */
function pauseAndResume(between: string): string {
  return `(async () => {
    const fs = require('node:fs'), net = require('node:net')
    const { createNetTransport } = await import('${import.meta.resolve('../../src/transport/net.ts')}')
    const accepted = (connection) => { connection.write(Buffer.from('hello')); connection.finish(1000) }
    const listener = await createNetTransport().listen({ host: '127.0.0.1', port: 0, reusePort: false }, accepted)
    listener.pause()
    ${between}
    listener.resume()
    const started = performance.now()
    const dial = () => net.connect(listener.port, '127.0.0.1')
      .on('data', () => process.exit(0))
      .on('error', () => performance.now() - started > 5000 ? process.exit(1) : setTimeout(dial, 10))
    dial()
  })()`
}

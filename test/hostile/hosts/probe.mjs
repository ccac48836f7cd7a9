// Stands where a sandbox host's program does, and tells on the channel what an attacker could do who has taken it over.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'

const port = process.argv.at(-1)

function attempt(act) {
  try {
    act()
    return 'done'
  } catch (error) {
    return error.code ?? String(error)
  }
}

const reached = await new Promise((resolve) => {
  try {
    const socket = connect({ port: Number(port), host: '127.0.0.1' })
    socket.on('connect', () => resolve('done'))
    socket.on('error', (error) => resolve(error.code))
  } catch (error) {
    resolve(error.code)
  }
})

const report = {
  environment: Object.keys(process.env),
  folder: process.cwd(),
  uid: process.getuid(),
  gid: process.getgid(),
  groups: process.getgroups(),
  net: reached,
  readPasswords: attempt(() => readFileSync('/etc/passwd')),
  readMemory: attempt(() => readFileSync('/proc/self/maps')),
  list: attempt(() => readdirSync('/')),
  write: attempt(() => writeFileSync('/tmp/pointsman-probe', '')),
  spawn: attempt(() => {
    const { error } = spawnSync('/bin/true')
    if (error) throw error
  }),
  worker: attempt(() => new Worker('', { eval: true })),
  // oxlint-disable-next-line typescript/no-implied-eval -- whether it can is what is asked
  evaluate: attempt(() => new Function('return 1')()),
  proto: attempt(() => {
    if (!('__proto__' in {})) throw Object.assign(new Error(), { code: 'gone' })
  }),
}
const text = Buffer.from(`${JSON.stringify(report)}\n`)
writeSync(3, text)
// Lives on, to be looked at from outside, until the channel ends.
const { readSync } = await import('node:fs')
readSync(3, Buffer.alloc(1), 0, 1, null)

// Stands where a sandbox host's program does, and tells on the channel what an attacker could do who has taken it over.
const { spawnSync } = require('node:child_process')
const { readdirSync, readFileSync, readSync, writeFileSync, writeSync } = require('node:fs')
const { connect } = require('node:net')
const { Worker } = require('node:worker_threads')

const port = process.argv.at(-1)

function attempt(act) {
  try {
    act()
    return 'done'
  } catch (error) {
    return error.code ?? String(error)
  }
}

try {
  const socket = connect({ port: Number(port), host: '127.0.0.1' })
  socket.on('connect', () => tell('done'))
  socket.on('error', (error) => tell(error.code))
} catch (error) {
  tell(error.code)
}

function tell(reached) {
  writeSync(4, `${JSON.stringify(reportOf(reached))}\n`)
  // Lives on, to be looked at from outside, until the channel ends.
  readSync(3, Buffer.alloc(1), 0, 1, null)
}

function reportOf(reached) {
  return {
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
}

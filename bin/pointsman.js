#!/usr/bin/env node
// Plain JavaScript, without types, that an older Node can run: it has to say which Node is needed, not fail in it.
var NEEDED = [26, 10]
var TITLE_ROOM = 400
var found = process.versions.node.split('.').map(Number)

function complain() {
  console.error(
    'pointsman needs Node ' +
      NEEDED.join('.') +
      ' or newer and was started with ' +
      process.versions.node +
      '; on Linux `npm ci` or `npm install` brings the right one.',
  )
  process.exit(1)
}

if (found[0] < NEEDED[0] || (found[0] === NEEDED[0] && found[1] < NEEDED[1])) {
  import('router-sdk/right-node').then((node) => node.startAgain() || complain(), complain)
} else if (process.argv[2] === 'serve' && !process.execArgv.some((flag) => flag.startsWith('--title='))) {
  // The system gives a process's title the room that its command line had: this makes the command line long enough for it.
  const title = `--title=${'pointsman'.padEnd(TITLE_ROOM)}`
  process.execve(process.execPath, [process.argv0, title, ...process.execArgv, ...process.argv.slice(1)], process.env)
} else {
  void import('#command').then((main) => main.main(process.argv.slice(2)))
}

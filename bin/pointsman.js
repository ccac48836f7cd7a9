#!/usr/bin/env node
// Plain JavaScript, without types, that an older Node can run: it has to say which Node is needed, not fail in it.
var NEEDED = [26, 10]
var found = process.versions.node.split('.').map(Number)

if (found[0] < NEEDED[0] || (found[0] === NEEDED[0] && found[1] < NEEDED[1])) {
  console.error(
    'pointsman needs Node ' +
      NEEDED.join('.') +
      ' or newer and was started with ' +
      process.versions.node +
      '; `npm ci` brings the right one, and `npm start` or `npx pointsman` uses it.',
  )
  process.exit(1)
} else {
  void import('../src/main.ts').then((main) => main.main(process.argv.slice(2)))
}

#!/usr/bin/env node
// Plain JavaScript that any Node of the last ten years can parse: it has to say which Node is needed, not fail in it.
var NEEDED = [26, 10]
var found = process.versions.node.split('.').map(Number)

function complain() {
  console.error(`router-sdk needs Node ${NEEDED.join('.')} or newer and was started with ${process.versions.node}`)
  process.exit(2)
}

if (found[0] < NEEDED[0] || (found[0] === NEEDED[0] && found[1] < NEEDED[1])) {
  import('./right-node.js').then((node) => node.startAgain() || complain(), complain)
} else {
  void import('#command')
}

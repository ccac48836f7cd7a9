// Stands where the program of the sandbox hosts did, as an attacker's who has taken them over: whatever it is asked about a
// connection, its answer is the bytes of that connection, so that a client dictates what a host says. `!x` dictates raw frames, in
// hexadecimal.
const { readSync, writeSync } = require('node:fs')

const [QUESTIONS, ANSWERS] = [3, 4]
const [LOAD, ASK, READY, ANSWER] = [1, 3, 65, 67]
const PROTOCOL_VERSION = 0 // the test writes the right one here
const DESCRIPTION = '{"described":{"hooks":["route"]}}'

function write(bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(ANSWERS, bytes, at)
}

function frame(type, id, body) {
  const head = Buffer.alloc(9)
  head.writeUInt32LE(5 + body.length, 0)
  head[4] = type
  head.writeUInt32LE(id, 5)
  write(Buffer.concat([head, body]))
}

function say(id, json) {
  frame(ANSWER, id, Buffer.concat([Buffer.alloc(5), Buffer.from(json, 'latin1')]))
}

function asked(id, body) {
  const text = body.toString('latin1', 9 + body.readUInt32LE(5))
  if (text.startsWith('!')) write(Buffer.from(text.slice(1), 'hex'))
  else say(id, text === '' ? '{"answer":{"noop":true}}' : text)
}

frame(READY, PROTOCOL_VERSION, Buffer.alloc(0))
let kept = Buffer.alloc(0)
const chunk = Buffer.alloc(65_536)
for (;;) {
  const length = readSync(QUESTIONS, chunk, 0, chunk.length, null)
  if (length === 0) process.exit(0)
  kept = Buffer.concat([kept, chunk.subarray(0, length)])
  while (kept.length >= 4 && kept.length >= 4 + kept.readUInt32LE(0)) {
    const end = 4 + kept.readUInt32LE(0)
    const [type, id, body] = [kept[4], kept.readUInt32LE(5), kept.subarray(9, end)]
    kept = kept.subarray(end)
    if (type === LOAD) say(id, DESCRIPTION)
    else if (type === ASK) asked(id, body)
  }
}

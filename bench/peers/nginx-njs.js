// The same decision as in router.ts: a GET goes upstream, and fewer than four bytes are not enough.
function preread(session) {
  session.on('upload', (data) => {
    if (data.length < 4) return
    session.variables.to = data.startsWith('GET ') ? '127.0.0.1:{{upstream}}' : ''
    session.done()
  })
}

export default { preread }

/** A compiler that does with each request what the name of its file says. */
process.on('message', (message: { type: string; id: number; request: { file: string } }) => {
  if (message.type !== 'compile') return
  const { id, request } = message
  if (request.file.endsWith('end.ts')) process.exit(3)
  if (request.file.endsWith('garbage.ts')) process.send?.({ type: 'compiled', id, router: 'all of it' })
  if (request.file.endsWith('other.ts')) process.send?.({ type: 'failed', id: id + 1, message: 'not yours' })
  // anything else: no answer
})

import { defineRouter } from 'router-sdk'
import { httpRequest } from 'router-sdk/protocols'

const PAGE = `<!doctype html><title>Pointsman</title>
<h1>routers/hello.ts answered this</h1>
<p>Change that file and reload: the next connection is answered by what you saved.</p>
`

export default defineRouter({
  route(conn) {
    const http = httpRequest(conn.bytes)
    if (http.match === 'need-more') return { noop: true, atLeast: http.atLeast }
    if (http.match === 'no') return { close: 'routers/hello.ts speaks HTTP; try: curl http://localhost:5432/\n' }
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${PAGE.length}\r\nConnection: close\r\n\r\n`
    return { close: http.method === 'HEAD' ? head : head + PAGE }
  },
})

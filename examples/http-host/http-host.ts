import { defineRouter } from 'router-sdk'
import { httpRequest } from 'router-sdk/protocols'

/** HTTP by host name, and by path below it: the longest prefix of `host/path` that the table has. */
export default defineRouter({
  listen: 80,
  route(conn) {
    const http = httpRequest(conn.bytes)
    if (http.match === 'need-more') return { noop: true, atLeast: http.atLeast }
    if (http.match === 'no' || http.host === undefined) return { close: refusal('400 Bad Request') }
    for (let place = http.host + http.path; place !== ''; place = place.slice(0, Math.max(0, place.lastIndexOf('/')))) {
      const site = conn.lookup('sites', place)
      if (site) return { remote: site }
      if (place.split('/').length > 8) return { close: refusal('404 Not Found') }
    }
    return { close: refusal('404 Not Found') }
  },
  onConnectError: () => ({ close: refusal('502 Bad Gateway') }),
})

function refusal(status: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
}

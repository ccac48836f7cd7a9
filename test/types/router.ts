/**
 * What a router may answer, as the type checker has it: `npm run check` fails when a wrong answer compiles, for its mark below is
 * then unused, and when a right one does not. Nothing here is run; what authors are told is in ../compile/answers.test.ts.
 */
import { type Answer, type Conn, defineRouter, latin1, type Remote, remote, utf8 } from 'router-sdk'
import { socks4Request } from 'router-sdk/protocols'

declare const port: number
declare const host: string
declare const conn: Conn

// Right answers.
defineRouter({ route: () => ({ remote: 'localhost:80' }) })
defineRouter({ route: () => ({ remote: '[::1]:80' }) })
defineRouter({ route: () => ({ remote: 'unix:/run/app.sock' }) })
defineRouter({ route: () => ({ remote: `${host}:80` }) })
defineRouter({ route: () => ({ remote: `10.0.0.1:${port}` }) })
defineRouter({ route: () => ({ remote: `[${host}]:${port}` }) })
defineRouter({ route: () => ({ remote: `unix:/run/${host}.sock` }) })
defineRouter({ route: () => ({ remote: remote(host) }) })
defineRouter({ route: () => ({ close: true }) })
defineRouter({ route: () => ({ close: 'no\n' }) })
defineRouter({ route: () => ({ close: Uint8Array.of(0, 1) }) })
defineRouter({ route: () => ({ close: utf8('nön\n') }) })
defineRouter({ route: () => ({ noop: true }) })
defineRouter({ route: () => ({ noop: true, atLeast: 5 }) })
defineRouter({ route: () => ({ remote: 'a:80', data: '', reply: utf8('ja'), replyWhen: 'connected' }) })
defineRouter({ route: () => ({ remote: 'a:80', connectTimeout: 100, inactivityTimeout: 2000 }) })
defineRouter({ route: (each) => ({ remote: 'a:80', data: latin1(each.bytes) }) })
defineRouter({
  listen: { port: 0, host: '::1' },
  failure: { remote: 'a:80', data: '' },
  onConnect: (each) => (each.local.port === 25 ? { remote: 'mail:25', connectTimeout: 5 } : { noop: true }),
  route(each) {
    const home = each.lookup('homes', each.client.address)
    if (home !== undefined) return { remote: home }
    if (each.text === '' && !each.final) return { noop: true }
    const socks = socks4Request(each.bytes)
    return socks.match === 'yes' ? { remote: socks.remote, data: '' } : { close: true }
  },
  onConnectError: (_, error) => (error.tried.length < 2 ? { remote: 'b:80' } : { close: error.code }),
  onInactivity: (_, { elapsed }) => ({ close: `silent for ${elapsed} ms` }),
})
defineRouter({ onConnect: () => ({ remote: 'mail:25' }) })
defineRouter({
  onConnect: (): Answer & { noop?: never } => ({ close: true }),
})
const listed: readonly Remote[] = ['a:80', '[::1]:80', 'unix:/a']
defineRouter({ route: () => ({ remote: listed[0] ?? 'b:80' }) })

// Where it goes.
// @ts-expect-error a number
defineRouter({ route: () => ({ remote: 5 }) })
// @ts-expect-error no port
defineRouter({ route: () => ({ remote: 'localhost' }) })
// @ts-expect-error a port that is no number
defineRouter({ route: () => ({ remote: 'localhost:http' }) })
// @ts-expect-error a path that is not absolute
defineRouter({ route: () => ({ remote: 'unix:run/app.sock' }) })
// @ts-expect-error any string, which remote() would check
defineRouter({ route: () => ({ remote: host }) })
// @ts-expect-error a look-up that may have found nothing
defineRouter({ route: (each) => ({ remote: each.lookup('homes', 'a') }) })
// @ts-expect-error a port without a host's colon
defineRouter({ route: () => ({ remote: `${host}` }) })

// One of three arms.
// @ts-expect-error two arms
defineRouter({ route: () => ({ remote: 'a:80', noop: true }) })
// @ts-expect-error two arms
defineRouter({ route: () => ({ remote: 'a:80', close: true }) })
// @ts-expect-error two arms
defineRouter({ route: () => ({ noop: true, close: true }) })
// @ts-expect-error a key of another arm
defineRouter({ route: () => ({ noop: true, data: 'x' }) })
// @ts-expect-error a key of another arm
defineRouter({ route: () => ({ close: 'x', reply: 'y' }) })
// @ts-expect-error none
defineRouter({ route: () => ({}) })
// @ts-expect-error not closing
defineRouter({ route: () => ({ close: false }) })
// @ts-expect-error not waiting
defineRouter({ route: () => ({ noop: false }) })
// @ts-expect-error a number
defineRouter({ route: () => ({ close: 404 }) })

// Keys and their values.
// @ts-expect-error misspelt
defineRouter({ route: () => ({ remote: 'a:80', conectTimeout: 1 }) })
// @ts-expect-error misspelt
defineRouter({ route: () => ({ remotes: 'a:80' }) })
// @ts-expect-error a time with a unit
defineRouter({ route: () => ({ remote: 'a:80', connectTimeout: '5s' }) })
// @ts-expect-error neither of the two
defineRouter({ route: () => ({ remote: 'a:80', reply: 'x', replyWhen: 'later' }) })
// @ts-expect-error no bytes
defineRouter({ route: () => ({ remote: 'a:80', data: [1, 2] }) })

// Each way through, at once.
defineRouter({
  // @ts-expect-error a way through that returns nothing
  route(each) {
    if (each.final) return { close: true }
  },
})
// @ts-expect-error nothing at all
defineRouter({ route: () => {} })
// @ts-expect-error a promise
defineRouter({ route: async () => ({ close: true }) })
// @ts-expect-error a promise
defineRouter({ route: () => Promise.resolve({ remote: 'a:80' }) })
// @ts-expect-error a string
defineRouter({ route: () => 'a:80' })
// @ts-expect-error null
defineRouter({ route: (each) => (each.final ? null : { noop: true }) })

// What each hook may answer.
// @ts-expect-error there is nothing to wait for
defineRouter({ route: () => ({ close: true }), onConnectError: () => ({ noop: true }) })
// @ts-expect-error it is too late to go elsewhere
defineRouter({ route: () => ({ close: true }), onInactivity: () => ({ remote: 'a:80' }) })
// @ts-expect-error without route it must decide
defineRouter({ onConnect: () => ({ noop: true }) })
// @ts-expect-error without route each way through must decide
defineRouter({ onConnect: (each) => (each.final ? { close: true } : { noop: true }) })
// @ts-expect-error a router that decides nothing
defineRouter({ listen: 80 })
// @ts-expect-error misspelt
defineRouter({ lisen: 80, route: () => ({ close: true }) })
// @ts-expect-error a port as text
defineRouter({ listen: '80', route: () => ({ close: true }) })
// @ts-expect-error what a connection gets when the router fails cannot be to wait
defineRouter({ failure: { noop: true }, route: () => ({ close: true }) })

// What a connection says is only to be read.
// @ts-expect-error read only
conn.final = true
// @ts-expect-error read only
conn.client.port = 1
// @ts-expect-error no table is named
conn.lookup('a')

// Where it listens.
defineRouter({ listen: { port: 443, hosts: ['git.acme.example', '*.acme.example'] }, route: () => ({ close: true }) })
const hosts: readonly string[] = ['a.example']
defineRouter({ listen: { port: 443, hosts }, route: () => ({ close: true }) })
// @ts-expect-error not a list
defineRouter({ listen: { port: 443, hosts: 'a.example' }, route: () => ({ close: true }) })
// @ts-expect-error a list of something else
defineRouter({ listen: { port: 443, hosts: [443] }, route: () => ({ close: true }) })
// @ts-expect-error misspelt
defineRouter({ listen: { port: 443, hostnames: ['a.example'] }, route: () => ({ close: true }) })
// @ts-expect-error names alone: on which port?
defineRouter({ listen: { hosts: ['a.example'] }, route: () => ({ close: true }) })

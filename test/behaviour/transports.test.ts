import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { epollMissing } from '../../src/transport/epoll/epoll.ts'
import { Pointsman } from '../kit/pointsman.ts'
import { Client } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { dictate, puppet } from './puppet.ts'
import { BlackHole, Recorder, refusedRemote, UnixEcho } from './upstreams.ts'

const MUCH = 300_000
const six = puppet("listen: { host: '::1', port: 0 },")

describe('transport', { concurrency: true }, () => {
  for (const transport of ['net', 'epoll', 'auto'] as const)
    it(`${transport}: the story of a connection, from its first byte to its record`, {
      skip: transport === 'epoll' && (epollMissing() ?? false),
    }, async () => {
      const config = { transport, connect: { retries: 0 }, preread: { time: 500 } }
      await using p = await Pointsman.start({ routers: { puppet: puppet(), six }, config })
      const said = await p.line('transport', ({ msg }) => msg === 'transport')
      assert.equal(said.transport, transport === 'auto' && epollMissing() === undefined ? 'epoll' : said.transport)
      assert.equal(typeof said.why, 'string')
      const port = await p.served('puppet')
      await using upstream = await Recorder.start(({ socket }) => socket.on('data', (bytes) => socket.write(bytes)))
      await using unix = new UnixEcho('unix')
      await unix.listen()
      await using hole = await BlackHole.start()

      const much = randomBytes(MUCH)
      const relayed = await dictate(port, { remote: upstream.remote, data: 'open' })
      await relayed.receives(/^open$/)
      relayed.write(much)
      await relayed.receives((text) => text.length === 4 + much.length)
      assert.ok(relayed.received.subarray(4).equals(much))
      relayed.end()
      const heard = upstream.heard[0]?.socket
      await until('the end to be passed on', () => heard?.readableEnded || undefined)
      heard?.end('last')
      assert.equal((await relayed.rest()).slice(-4), 'last')
      assert.equal((await p.record(relayed)).reason, 'client-end')

      const byPath = await dictate(port, { remote: `unix:${unix.path}`, data: 'hello' })
      await byPath.receives(/unix:.*hello/s)
      byPath.destroy()
      assert.equal((await p.record(byPath)).upstream, `unix:${unix.path}`)

      const viaSix = await Client.connect(await p.served('six'), '::1')
      viaSix.write('{"close":"six"}\n')
      assert.equal(await viaSix.rest(), 'six')
      viaSix.end()
      assert.match(String((await p.record(viaSix)).client), /^\[::1\]:/)

      const ends = [
        [{ remote: await refusedRemote() }, 'connect-failed'],
        [{ remote: hole.remote, connectTimeout: 50 }, 'connect-failed'],
        [{ remote: upstream.remote, data: '', inactivityTimeout: 50 }, 'inactivity-timeout'],
      ] as const
      for (const [answer, reason] of ends) {
        const client = await dictate(port, answer)
        await client.rest()
        client.end()
        assert.equal((await p.record(client)).reason, reason)
      }
      const silent = await Client.connect(port)
      assert.equal(await silent.rest(), 'no line\n') // what the router says when it is asked for the last time
      silent.end()
    })
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import ffi from 'node:ffi'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createEpollTransport, epollMissing } from '../../src/transport/epoll/epoll.ts'
import { AF_INET, EPOLLET, EPOLLIN, SOCK_STREAM } from '../../src/transport/epoll/linux.ts'
import { Poller } from '../../src/transport/epoll/poller.ts'
import { type SystemCalls, theSystem } from '../../src/transport/system-calls.ts'
import type { Connection, Transport } from '../../src/transport/transport.ts'
import { startRelay } from '../../src/worker/relay.ts'
import { acceptedEnds, connectedEnds, dial, listen, pattern, Recorder, serve } from '../contract/ends.ts'
import { eventually } from '../contract/eventually.ts'

const EMFILE = 24
const ENOBUFS = 105
const SO_KEEPALIVE = 9
const TCP_NODELAY = 1
const TCP_QUICKACK = 12
const MSG_OOB = 1
const O_CLOEXEC = 0o2000000

/** A transport whose calls are noted, and which asks `instead` first what a call answers. */
function noted(instead: Partial<SystemCalls> = {}): { transport: Transport; calls: string[] } {
  const log: string[] = []
  const transport = createEpollTransport({
    calls: (real) =>
      new Proxy(real, {
        get(target, name: keyof SystemCalls) {
          return (...words: never[]) => {
            log.push(`${name} ${words[0]} ${words[1]} ${words[2]}`)
            const answer: unknown = Reflect.apply(instead[name] ?? (() => undefined), instead, words)
            return answer ?? Reflect.apply(target[name], target, words)
          }
        },
      }),
  })
  return { transport, calls: log }
}

describe('the epoll transport', { skip: epollMissing() ?? false }, () => {
  it('keeps connections waiting while there is no descriptor for them, and accepts them when there is', async (t) => {
    let refusals = 3
    const { transport } = noted({ accept4: () => (refusals-- > 0 ? -EMFILE : (undefined as never)) })
    const accepted: Connection[] = []
    const listener = await listen(t, transport, (connection) => accepted.push(connection))
    const errors: string[] = []
    listener.onError = (error) => errors.push(error.message)
    const peers = Array.from({ length: 5 }, () => dial(t, listener.port))
    await eventually(
      'five connections',
      () => accepted.length === 5,
      () => [errors, refusals],
    )
    assert.equal(errors.length, 3)
    assert.match(errors[0] ?? '', /^accept EMFILE: too many open files on port \d+$/)
    assert.ok(peers.every(({ error }) => error === undefined))
    for (const connection of accepted) connection.destroy()
  })

  it('accepts those who wait at the door before it closes, unless it is paused', async (t) => {
    for (const paused of [false, true]) {
      const accepted: Connection[] = []
      const listener = await listen(t, createEpollTransport(), (connection) => accepted.push(connection))
      const peer = dial(t, listener.port)
      // nothing of ours runs between the system's connecting and the close
      await new Promise<void>((resolve) =>
        peer.socket.once('connect', () => {
          if (paused) listener.pause()
          if (accepted.length === 0) listener.close()
          resolve()
        }),
      )
      if (paused && accepted.length === 0) await peer.until('a reset', ({ closed }) => closed)
      else assert.equal(accepted.length, 1)
      for (const connection of accepted) connection.destroy()
    }
  })

  it('lets no fast connection keep the others waiting', async (t) => {
    const transport = createEpollTransport()
    const order: string[] = []
    const ends = await Promise.all(['a', 'b'].map(() => acceptedEnds(t, transport)))
    for (const { connection, events, peer } of ends) {
      connection.pause()
      connection.setEvents(events)
      peer.socket.write(pattern(2_000_000))
    }
    await eventually('both to be full', () => ends.every(({ peer }) => peer.socket.bytesWritten >= 1_000_000))
    for (const [index, { connection, events }] of ends.entries()) {
      events.onData = () => order.push('ab'.charAt(index))
      connection.resume()
    }
    await Promise.all(ends.map(({ events }) => events.untilBytes(2_000_000)))
    const both = order.slice(0, order.lastIndexOf(order.at(-1) === 'a' ? 'b' : 'a') + 1)
    const longest = Math.max(...(both.join('').match(/a+|b+/g) ?? []).map((run) => run.length))
    assert.ok(longest <= 16, `${longest} chunks of one connection in a row: ${order.join('')}`)
  })

  it('is not told of each piece of what nobody wants to hear now', async (t) => {
    const system = theSystem()
    assert.ok(!(system instanceof Error))
    let told = 0
    const { transport } = noted({
      epollWait: (...words) => {
        const count = system.calls.epollWait(...words)
        told += Math.max(0, count)
        return count
      },
    })
    const [paused, other] = [await acceptedEnds(t, transport), await acceptedEnds(t, transport)]
    for (const { connection, events } of [paused, other]) connection.setEvents(events)
    /** Each letter by itself, and when it is there, something to the other, which is heard. */
    const say = async (text: string) => {
      for (const letter of text) {
        await new Promise((resolve) => paused.peer.socket.write(letter, resolve))
        other.peer.socket.write('.')
        await other.events.untilBytes(other.events.bytes + 1)
      }
    }
    for (const round of [1, 2, 3]) {
      await say('heard')
      await paused.events.untilBytes(55 * round - 50)
      paused.connection.pause()
      told = 0
      await say('unheard - '.repeat(5))
      assert.ok(told < 60, `of 50 pieces during a pause and 50 others the kernel told ${told} times`)
      paused.connection.resume()
      await paused.events.untilBytes(55 * round)
    }
    assert.equal(paused.events.text, `heard${'unheard - '.repeat(5)}`.repeat(3))
    paused.connection.pause()
    await say('the last')
    paused.peer.socket.end()
    paused.connection.resume()
    await paused.events.until('ended')
    assert.match(paused.events.text, /the last$/)
  })

  it('reads what is behind urgent data, and what was cut short by it', async (t) => {
    const transport = createEpollTransport()
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    const fd = descriptorOf(peer.socket)
    for (let round = 1; round <= 20; round++) {
      sendUrgent(fd, 'xyz!') // of which the last byte is urgent, and not in the stream
      peer.socket.write('after')
      await events.untilBytes(round * 8)
    }
    peer.socket.end()
    await events.until('ended')
  })

  it('drops what the kernel says of a descriptor that has another owner by now', async () => {
    const system = theSystem()
    assert.ok(!(system instanceof Error))
    const poller = new Poller(system)
    const { calls } = poller
    // a socket that is not connected has hung up, one that listens has not
    const fresh = () => calls.socket(AF_INET, SOCK_STREAM, 0)
    const descriptors = [fresh(), fresh()]
    const log: string[] = []
    const heir = { ready: () => log.push('the heir was told') }
    for (const [index, descriptor] of descriptors.entries()) {
      const ready = () => {
        const other = descriptors[1 - index] ?? -1
        log.push('told')
        poller.close(other)
        assert.equal(fresh(), other)
        assert.equal(calls.listen(other, 1), 0)
        assert.equal(poller.watch(other, heir, EPOLLIN), 0)
      }
      assert.equal(poller.watch(descriptor, { ready }, (EPOLLIN | EPOLLET) >>> 0), 0)
    }
    await eventually('the first', () => log.length > 0)
    await new Promise((resume) => setImmediate(resume))
    for (const descriptor of descriptors) poller.close(descriptor)
    assert.deepEqual(log, ['told'])
  })

  it('needs no shutdown where closing says all', async (t) => {
    const { transport, calls } = noted()
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.end('question')
    await events.until('ended')
    connection.write(Buffer.from('answer'))
    connection.end()
    await peer.until('the end', ({ ended }) => ended)
    assert.equal(peer.text, 'answer')
    assert.deepEqual(
      calls.filter((call) => call.startsWith('shutdown')),
      [],
    )
  })

  it('says of what it reads last that the end is next, and sends both together', async (t) => {
    const { transport, calls } = noted()
    const { connection, peer } = await acceptedEnds(t, transport)
    const said: unknown[] = []
    peer.socket.end('question')
    await once(peer.socket, 'finish')
    await setTimeout(50)
    connection.setEvents({
      data: (bytes, endNext) => said.push(Buffer.from(bytes).toString(), endNext),
      ended: () => said.push('end'),
      drained() {},
      closed() {},
    })
    await eventually('the end', () => said.includes('end'))
    assert.deepEqual(said, ['question', true, 'end'])
    connection.write(Buffer.from('ans'))
    connection.write(Buffer.from('wer'), true)
    connection.end()
    await peer.until('the end', ({ ended }) => ended)
    assert.equal(peer.text, 'answer')
    assert.deepEqual(namesOf(calls, /^(write|send|shutdown)/), ['write', 'send'])
  })

  it('relays what came last together with the end, unless the rate puts the end off', async (t) => {
    for (const pause of [0, 100]) {
      const { transport, calls } = noted()
      const { connection: client, peer } = await acceptedEnds(t, transport)
      const { connection: upstream, peer: server } = await connectedEnds(t, transport)
      upstream.pause()
      server.socket.end('answer')
      await once(server.socket, 'finish')
      await setTimeout(50)
      startRelay(client, upstream, { idleTimeout: 0, throttle: { inPieces: true, relayed: () => pause } }, () => {})
      await peer.until('the answer', ({ text }) => text === 'answer')
      await peer.until('the end', ({ ended }) => ended)
      assert.deepEqual(namesOf(calls, /^(write|send)/), [pause === 0 ? 'send' : 'write'])
      peer.socket.end()
    }
  })

  it('ends the handshake with the first write, where there is one at once', async (t) => {
    const { peers, port } = await serve(t)
    for (const writesAtOnce of [true, false]) {
      const { transport, calls } = noted()
      const events = new Recorder()
      const connection = transport.connect({ kind: 'tcp', address: '127.0.0.1', port }, events, { writesAtOnce })
      t.after(() => connection.destroy())
      await events.until('connected')
      connection.write(Buffer.from('question'))
      await eventually('the question', () => peers.at(-1)?.text === 'question')
      const asked = calls.filter((call) => call.startsWith(`setsockopt`) && call.endsWith(` 6 ${TCP_QUICKACK}`))
      assert.equal(asked.length, writesAtOnce ? 1 : 0, calls.join())
    }
  })

  it('writes to an upstream on this machine before it looks for anything else', async (t) => {
    const { peers, port } = await serve(t)
    for (const unknown of [false, true]) {
      const { transport, calls } = noted(unknown ? { getpeername: () => -ENOBUFS } : {})
      const events = new Recorder()
      let looks = 0
      events.connected = () => {
        looks = namesOf(calls, /^epollWait/).length
        connection.write(Buffer.from(`known late: ${unknown}`))
      }
      const target = { kind: 'tcp', address: '127.0.0.1', port } as const
      const connection = transport.connect(target, events, { writesAtOnce: true })
      t.after(() => connection.destroy())
      await eventually('what was written', () => peers.at(-1)?.text === `known late: ${unknown}`)
      assert.equal(looks > 0, unknown, calls.join())
    }
  })

  it('makes small packets leave at once, and probes the peers of connections that stay', async (t) => {
    const { transport, calls } = noted()
    const { connection, peer } = await connectedEnds(t, transport)
    const told = () =>
      calls.filter((call) => call.startsWith('setsockopt')).map((call) => call.split(' ').slice(2).join(' '))
    connection.write(Buffer.from('a'))
    assert.deepEqual(told(), [])
    connection.write(Buffer.from('b'))
    assert.deepEqual(told(), [`6 ${TCP_NODELAY}`])
    await peer.until('both', ({ text }) => text === 'ab')
    await eventually('keep-alive', () => told().includes(`1 ${SO_KEEPALIVE}`), told)
  })

  it('opens every descriptor so that no child process inherits it', async (t) => {
    const { transport, calls } = noted()
    const { connection } = await acceptedEnds(t, transport)
    await connectedEnds(t, transport)
    const opened = [
      ...new Set(calls.filter((call) => /^epollControl/.test(call)).map((call) => Number(call.split(' ')[3]))),
    ]
    assert.ok(opened.length >= 3, calls.join())
    for (const descriptor of opened) {
      const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1]
      assert.equal(Number.parseInt(flags ?? '0', 8) & O_CLOEXEC, O_CLOEXEC)
    }
    connection.destroy()
  })

  it('throws what an owner throws as Node does, and tells the others what came for them', async () => {
    const program = `
      import { connect } from 'node:net'
      import { createEpollTransport } from '${import.meta.resolve('../../src/transport/epoll/epoll.ts')}'
      let caught = 0, heard = 0
      process.on('uncaughtException', (error) => { caught += 1; if (error.message !== 'mine') throw error })
      const listener = await createEpollTransport().listen({ host: '127.0.0.1', port: 0, reusePort: false }, (connection) =>
        connection.setEvents({ data() { heard += 1; throw new Error('mine') }, ended() {}, drained() {}, closed() {} }))
      for (let count = 0; count < 20; count++) connect(listener.port, '127.0.0.1').write('x')
      const started = performance.now()
      setInterval(() => { if ((heard === 20 && caught === 20) || performance.now() - started > 5000) process.exit(heard + caught) }, 5)`
    const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program]
    await assert.rejects(promisify(execFile)(process.execPath, words, { timeout: 20_000 }), { code: 40 })
  })

  it('ends with the process when nothing is open, and not before', async () => {
    const program = `
      import { createEpollTransport } from '${import.meta.resolve('../../src/transport/epoll/epoll.ts')}'
      const listener = await createEpollTransport().listen({ host: '127.0.0.1', port: 0, reusePort: false }, () => {})
      setTimeout(() => { console.log('still here'); listener.close() }, 50).unref()`
    const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program]
    const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 10_000 })
    assert.equal(stdout, 'still here\n')
  })
})

function namesOf(calls: readonly string[], which: RegExp): string[] {
  return calls.filter((call) => which.test(call)).map((call) => call.replace(/ .*/, ''))
}

function sendUrgent(descriptor: number, text: string): void {
  const { functions } = ffi.dlopen(null, { send: { arguments: ['i32', 'buffer', 'u64', 'i32'], return: 'i32' } })
  assert.equal(functions.send(descriptor, Buffer.from(text), BigInt(text.length), MSG_OOB), text.length)
}

function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  return Number(typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : -1)
}

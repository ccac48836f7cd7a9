import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createEpollTransport, epollMissing } from '../../src/transport/epoll/epoll.ts'
import type { Connection } from '../../src/transport/transport.ts'
import { dial, listen } from '../contract/ends.ts'
import { eventually } from '../contract/eventually.ts'

const CROWD = 200
/** Milliseconds that the first bytes of each keep the process busy: more than newcomers have of a turn. */
const BUSY = 1

function echo(connection: Connection, first: () => void): void {
  let said = false
  connection.setEvents({
    data(bytes) {
      if (!said) first()
      said = true
      connection.write(bytes)
    },
    ended: () => connection.end(),
    drained: () => {},
    closed: () => {},
  })
}

describe('a crowd that leaves at once', { skip: epollMissing() ?? false }, () => {
  it('keeps nothing else in the process waiting for all of them', async (t) => {
    let left = 0
    const listener = await listen(t, createEpollTransport(), (connection) =>
      connection.setEvents({
        data: (bytes) => connection.write(bytes),
        ended() {
          left += 1
          for (const end = performance.now() + BUSY; performance.now() < end; );
          connection.end()
        },
        drained: () => {},
        closed: () => {},
      }),
    )
    const crowd = Array.from({ length: CROWD }, () => dial(t, listener.port))
    for (const { socket } of crowd) socket.write('x')
    await eventually(
      'all of them to be served',
      () => crowd.every(({ text }) => text === 'x'),
      () => crowd.filter(({ text }) => text !== 'x').length,
    )
    // how many left in each turn of Node's own loop
    const turns: number[] = []
    let before = left
    const look = (): void => {
      turns.push(left - before)
      before = left
      if (left < CROWD) setImmediate(look)
    }
    look()
    for (const { socket } of crowd) socket.end()
    await eventually(
      'all of them to have left',
      () => left === CROWD,
      () => left,
    )
    turns.push(left - before)
    const most = Math.max(...turns)
    assert.ok(most <= CROWD / 10, `${most} of ${CROWD} left in one turn: ${turns.filter((each) => each > 0).join(' ')}`)
  })
})

describe('a crowd at the door', { skip: epollMissing() ?? false }, () => {
  it('keeps nobody waiting who is under way, and is served all the same', async (t) => {
    let served = 0
    const crowded = () => {
      served += 1
      for (const end = performance.now() + BUSY; performance.now() < end; );
    }
    const listener = await listen(t, createEpollTransport(), (connection) => echo(connection, crowded))
    const friend = dial(t, listener.port)
    friend.socket.write('0')
    await eventually(
      'an echo',
      () => friend.text === '0',
      () => friend.text,
    )
    const crowd = Array.from({ length: CROWD }, () => dial(t, listener.port))
    for (const { socket } of crowd) socket.once('connect', () => socket.write('x'))
    // what was served of the crowd while each word of the friend's was under way
    const meanwhile: number[] = []
    let asked = 0
    friend.socket.on('data', () => {
      meanwhile.push(served - asked)
      asked = served
      friend.socket.write('.')
    })
    friend.socket.write('.')
    await eventually(
      'all of the crowd to be served',
      () => crowd.every(({ text }) => text === 'x'),
      () => [served, crowd.filter(({ text }) => text !== 'x').length],
    )
    const longest = Math.max(...meanwhile)
    assert.equal(served, CROWD + 1)
    assert.ok(longest <= CROWD / 10, `${longest} of ${CROWD} were served before an answer: ${meanwhile.join(' ')}`)
  })
})

describe('a crowd that is to come last', { skip: epollMissing() ?? false }, () => {
  it('is served, after others who come meanwhile', async (t) => {
    let accepted = 0
    let served = 0
    const inside = Promise.withResolvers<void>()
    const listener = await listen(t, createEpollTransport(), (connection) => {
      accepted += 1
      if (accepted <= CROWD) connection.comeLast?.()
      if (accepted === CROWD) inside.resolve()
      echo(connection, () => {
        served += 1
        for (const end = performance.now() + BUSY; performance.now() < end; );
      })
    })
    const crowd = Array.from({ length: CROWD }, () => dial(t, listener.port))
    for (const { socket } of crowd) socket.write('x')
    await inside.promise
    const other = dial(t, listener.port)
    other.socket.write('o')
    const before = served
    let behind = 0
    other.socket.once('data', () => (behind = CROWD + 1 - served))
    await eventually(
      'all to be served',
      () => [...crowd, other].every(({ text }) => text !== ''),
      () => served,
    )
    assert.ok(before < CROWD / 2, `${before} of ${CROWD} were served before there was another`)
    assert.ok(behind > CROWD / 4, `${behind} of ${CROWD} were served after the other`)
  })
})

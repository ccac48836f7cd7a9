import { createEpollTransport, epollMissing } from './epoll/epoll.ts'
import { createNetTransport, type NetTransportOptions } from './net.ts'
import type { Transport } from './transport.ts'

/** `auto` takes epoll where it can be had, and net elsewhere. */
export type TransportSetting = Transport['name'] | 'auto'

export interface TransportChoice {
  readonly transport: Transport
  readonly why: string
}

/** The transport that a setting means on this machine, in this Node. Throws when it is one that cannot be had. */
export function chooseTransport(setting: TransportSetting, options: NetTransportOptions): TransportChoice {
  const asked = 'the configuration says so'
  if (setting === 'net') return { transport: createNetTransport(options), why: asked }
  const missing = epollMissing()
  if (missing === undefined) {
    const why = setting === 'auto' ? 'this is Linux, and Node has node:ffi' : asked
    return { transport: createEpollTransport(options), why }
  }
  if (setting === 'epoll') throw new Error(`transport: there is no epoll here: ${missing}`)
  return { transport: createNetTransport(options), why: `there is no epoll here: ${missing}` }
}

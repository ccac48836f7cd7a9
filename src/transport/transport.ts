/**
 * Sockets as the data plane needs them: the session, upstream and relay story is told once, over this seam. Each
 * implementation passes `test/contract/transport.contract.ts`.
 */
export interface Transport {
  readonly name: 'net' | 'epoll'
  /** Binds and listens. Rejects with an error whose `code` is the system's, such as `EADDRINUSE`. */
  listen(address: ListenAddress, accepted: (connection: Connection) => void): Promise<TransportListener>
  /** Starts connecting; `connected` or `closed` of the events is called later, never before this returns. */
  connect(target: ConnectTarget, events: ConnectEvents, options?: ConnectOptions): Connection
}

export interface ConnectOptions {
  /** It is written to as soon as it is connected: the system may end the handshake in one packet with what is written. */
  readonly writesAtOnce?: boolean
}

export interface ListenAddress {
  readonly host: string
  /** 0 to 65,535; 0 lets the system choose. */
  readonly port: number
  /** Several processes may bind the same address (SO_REUSEPORT). */
  readonly reusePort: boolean
}

export interface TransportListener {
  /** The port that was bound. */
  readonly port: number
  /** Stops accepting for a while; connections wait in the kernel's queue. */
  pause(): void
  resume(): void
  /**
   * Stops accepting for good and gives the port back; accepted connections live on. Where the system allows it, those that wait
   * at the door of a listener that is not paused are accepted before this returns: their clients were told that they are in.
   */
  close(): void
  /** Called when accepting failed: the system ran out of descriptors or memory. The listener is still there. */
  onError: ((error: Error) => void) | undefined
}

export type ConnectTarget =
  | { readonly kind: 'tcp'; readonly address: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** What happens to a connection. A connection's owner is whoever set its `events` last. */
export interface ConnectionEvents {
  /**
   * Bytes came. They are the receiver's only until it returns unless it copies them. `endNext`: nothing is behind them but the end,
   * of which `ended` tells before anything else of this connection, unless it is paused meanwhile.
   */
  data(bytes: Uint8Array, endNext?: boolean): void
  /** So many bytes came and were passed on as `passTo` asked; those that wait for the peer are in its `queued`. */
  moved?(count: number): void
  /** The peer will send no more (FIN). Writing goes on. */
  ended(): void
  /** Everything written has left; called after a `write` that answered false, unless `end` or `finish` came meanwhile. */
  drained(): void
  /** The socket is gone; the last event. `error` is set when it was reset or failed. */
  closed(error: Error | undefined): void
}

export interface ConnectEvents extends ConnectionEvents {
  connected(): void
}

export interface Connection {
  /** The address is `''` and the port 0 for a client that vanished before it was accepted. */
  readonly remote: SocketEndpoint
  /** Read it once while the connection lives: afterwards it may be `''` and 0. */
  readonly local: SocketEndpoint
  /**
   * Nothing is read before events are set; setting them for the first time starts reading, unless `pause` was called. Setting
   * others hands the connection over: every later event goes to them, and a pause stays until `resume`.
   */
  setEvents(events: ConnectionEvents): void
  /**
   * Said before events are set: among connections that were accepted and have not been read from, this one is read from after others, where
   * there is an order.
   */
  comeLast?(): void
  /** Stops reading: the kernel's buffer fills and the peer waits. A reset is then noticed only by writing. */
  pause(): void
  resume(): void
  /**
   * Queues bytes, copying what it keeps; false asks the writer to wait for `drained`. Ignored after `end` or a close. `endNext`: the
   * writer calls `end` at once, so that the system may wait for it and send both in one packet; without it they leave late.
   */
  write(bytes: Uint8Array, endNext?: boolean): boolean
  /**
   * Much comes, and all of it goes to `peer`: from now on, and as long as that pays, it may be passed on without being shown, each
   * time with `moved` instead of `data` and `write`. The answer is whether it will be.
   */
  passTo?(peer: Connection): boolean
  /** Bytes written and not yet taken by the kernel. */
  readonly queued: number
  /** Sends FIN after everything written. */
  end(): void
  /**
   * Sends everything written, then FIN, then closes; what is not sent within `deadline` milliseconds is dropped, and the peer
   * told by a reset. Bytes that still come are dropped: the only event left is `closed`, when the peer has sent FIN too, or at
   * most a second after ours (closing with bytes unread would reset the connection and could lose what was sent last).
   */
  finish(deadline: number): void
  /** Closes at once; `reset` sends RST where the system can. */
  destroy(reset?: boolean): void
}

export interface SocketEndpoint {
  /** An IP address in text form, or the path of a unix socket. */
  readonly address: string
  readonly port: number
}

import { formatAddress } from '../transport/address.ts'
import type { Connection, ListenAddress, Transport, TransportListener } from '../transport/transport.ts'

/** A router's listener in this worker. It outlives versions of its router. */
export class Listener {
  /** As the operator knows it, such as `0.0.0.0:9418` or `[::1]:80`. */
  readonly name: string
  readonly router: string
  readonly address: { readonly host: string; readonly port: number }
  readonly #transport: TransportListener

  static async open(
    transport: Transport,
    router: string,
    address: ListenAddress,
    accepted: (listener: Listener, connection: Connection) => void,
    failed: (listener: Listener, error: Error) => void,
  ): Promise<Listener> {
    let listener: Listener | undefined
    const bound = await transport.listen(address, (connection) => {
      if (listener === undefined) connection.destroy()
      else accepted(listener, connection)
    })
    const opened = new Listener(router, address, bound)
    bound.onError = (error) => failed(opened, error)
    listener = opened
    return opened
  }

  private constructor(router: string, { host, port }: ListenAddress, transport: TransportListener) {
    this.router = router
    this.address = { host, port }
    this.name = formatAddress(host, port)
    this.#transport = transport
  }

  pause(): void {
    this.#transport.pause()
  }

  resume(): void {
    this.#transport.resume()
  }

  close(): void {
    this.#transport.close()
  }
}

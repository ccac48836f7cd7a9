import { formatAddress } from '../transport/address.ts'
import type { Connection, ListenAddress, Transport, TransportListener } from '../transport/transport.ts'
import { RouterNames } from './router-names.ts'

/** One address of this worker, and the routers that share it. It outlives their versions. */
export class Listener {
  /** As the operator knows it, such as `0.0.0.0:9418` or `[::1]:80`. */
  readonly name: string
  readonly address: { readonly host: string; readonly port: number }
  readonly routers: RouterNames = new RouterNames()
  readonly #transport: TransportListener

  static async open(
    transport: Transport,
    address: ListenAddress,
    accepted: (listener: Listener, connection: Connection) => void,
    failed: (listener: Listener, error: Error) => void,
  ): Promise<Listener> {
    let listener: Listener | undefined
    const bound = await transport.listen(address, (connection) => {
      if (listener === undefined) connection.destroy()
      else accepted(listener, connection)
    })
    const opened = new Listener(address, bound)
    bound.onError = (error) => failed(opened, error)
    listener = opened
    return opened
  }

  private constructor({ host, port }: ListenAddress, transport: TransportListener) {
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

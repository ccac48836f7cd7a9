/** What is used of modules that bring no types. */
declare module 'dns-packet' {
  export interface Packet {
    readonly id: number
    readonly flag_rd: boolean
    readonly questions: readonly { readonly name: string; readonly type: string; readonly class: string }[]
  }
  export function decode(message: Buffer): Packet
}

declare module 'redis-parser' {
  export default class Parser {
    constructor(options: {
      readonly returnReply: (reply: unknown) => void
      readonly returnError: (error: Error) => void
      readonly returnBuffers: boolean
    })
    execute(bytes: Buffer): void
  }
}

declare module 'rhea/lib/frames.js' {
  interface Header {
    readonly protocol_id: number
    readonly major: number
    readonly minor: number
    readonly revision: number
  }
  const frames: { read_header(bytes: Buffer): Header }
  export default frames
}

declare module 'ws' {
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'
  export class WebSocketServer {
    constructor(options: {
      readonly noServer: true
      readonly verifyClient: (info: { readonly req: IncomingMessage }) => boolean
    })
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: () => void): void
  }
  export const subprotocol: { parse(header: string): Set<string> }
}

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

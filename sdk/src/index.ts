/**
 * What a router imports. Nothing here or below it touches Node: the same code runs in the sandbox.
 */
export type { Answer, CloseAnswer, ForwardAnswer, Payload, Remote, TableValue, WaitAnswer } from './answer.ts'
export { latin1, utf8 } from './bytes.ts'
export { remote } from './remote.ts'
export type {
  Conn,
  ConnectError,
  Endpoint,
  Inactivity,
  Listen,
  ListenAt,
  RouterDefinition,
  TlsFacts,
} from './router.ts'
export { defineRouter } from './router.ts'

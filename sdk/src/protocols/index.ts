/**
 * Parsers of what clients send first. Each is a pure function from bytes to `{ match: 'yes', … }`, `{ match: 'need-more',
 * atLeast }` or `{ match: 'no' }`; see `Match`.
 */
export { type GitRequest, gitError, gitRequest } from './git.ts'
export { type HttpRequest, httpRequest } from './http1.ts'
export type { Match, NeedMore, NoMatch } from './match.ts'
export {
  type PostgresCancel,
  type PostgresEncryption,
  type PostgresParameters,
  type PostgresStartup,
  postgresStartup,
} from './postgres.ts'
export { type Socks4Request, socks4Reply, socks4Request } from './socks4.ts'
export { type SshIdentification, sshIdentification } from './ssh.ts'
export { type TlsClientHello, tlsClientHello } from './tls.ts'

/**
 * Parsers of what clients send first. Each is a pure function from bytes to `{ match: 'yes', … }`, `{ match: 'need-more',
 * atLeast }` or `{ match: 'no' }`; see `Match`.
 */
export { type AmqpHeader, amqpHeader } from './amqp.ts'
export { type DnsQuery, dnsQuery } from './dns.ts'
export { type GitRequest, gitError, gitRequest } from './git.ts'
export { type HttpRequest, httpRequest } from './http1.ts'
export { type Http2Request, http2Request } from './http2.ts'
export type { Match, NeedMore, NoMatch } from './match.ts'
export { type MinecraftHandshake, minecraftHandshake } from './minecraft.ts'
export { type MongoHello, mongoHello } from './mongodb.ts'
export { type MqttConnect, type MqttWill, mqttConnect } from './mqtt.ts'
export { type MysqlHandshakeResponse, type MysqlLogin, type MysqlSslRequest, mysqlHandshakeResponse } from './mysql.ts'
export {
  type PostgresCancel,
  type PostgresEncryption,
  type PostgresParameters,
  type PostgresStartup,
  postgresStartup,
} from './postgres.ts'
export { type ProxyExtension, type ProxyHeader, proxyHeader } from './proxy-protocol.ts'
export { type RdpRequest, rdpRequest } from './rdp.ts'
export { type RedisCommand, redisCommand } from './redis.ts'
export { type SmtpCommand, smtpCommand } from './smtp.ts'
export { type Socks4Request, socks4Reply, socks4Request } from './socks4.ts'
export { type Socks5Greeting, type Socks5Request, socks5Greeting, socks5Request } from './socks5.ts'
export { type SshIdentification, sshIdentification } from './ssh.ts'
export { type TlsClientHello, tlsClientHello } from './tls.ts'
export { type WebSocketUpgrade, webSocketUpgrade } from './websocket.ts'

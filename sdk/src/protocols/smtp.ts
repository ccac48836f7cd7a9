/**
 * One command line of an SMTP client.
 *
 * Specification: RFC 5321, sections 2.3.8 "Lines", 4.1 "SMTP Commands" and 4.5.3.1 (sizes); RFC 4954, section 4 (the longest line);
 * RFC 6531 (UTF-8 in addresses).
 */
import { agrees, find, type Match, NO, needMore } from './match.ts'
import { strictUtf8Text } from './text.ts'

/** One line of an SMTP client. */
export interface SmtpCommand {
  readonly match: 'yes'
  /** In upper case: `EHLO`, `MAIL`, `RCPT`, `STARTTLS`. */
  readonly verb: string
  /** What follows the verb, without blanks around it: `FROM:<alice@example.com> SIZE=1000`. */
  readonly argument: string
  /** The address of MAIL and RCPT without its brackets; `''` for `MAIL FROM:<>`. */
  readonly address: string | undefined
  /** The length of the line with its end; the next command may follow at once. */
  readonly length: number
}

const MAX_LINE = 12_288
const VERBS = [
  'HELO',
  'EHLO',
  'LHLO',
  'MAIL',
  'RCPT',
  'DATA',
  'BDAT',
  'RSET',
  'VRFY',
  'EXPN',
  'HELP',
  'NOOP',
  'QUIT',
  'AUTH',
  'STARTTLS',
  'ETRN',
  'XCLIENT',
  'XFORWARD',
]
const LINE = /^([A-Za-z]{4,8})(?:[ \t]+([\t -~\u0080-\uffff]*))?$/
const PATH = /^(?:FROM|TO):[ \t]*(?:<(?:@[^:>]{1,512}:)?([^<>]{0,512})>|([^<> \t]{1,512}))(?=[ \t]|$)/i

/**
 * Reads the first command line. The server greets first: before that only clients that do not wait, often senders of spam, have
 * said anything. Lines that came together are read one after the other, each from where the one before ended.
 *
 * @example
 * const smtp = smtpCommand(conn.bytes)
 * if (smtp.match === 'yes' && smtp.verb === 'RCPT' && smtp.address === 'bob@example.org') return { remote: '10.0.0.5:25' }
 */
export function smtpCommand(bytes: Uint8Array): Match<SmtpCommand> {
  if (bytes.length === 0) return needMore('QUIT\r\n'.length)
  const upper = upperCase(bytes.subarray(0, 8))
  if (!VERBS.some((verb) => agrees(upper, 0, verb))) return NO
  const end = find(bytes, 0x0a, 0, MAX_LINE)
  if (end === -1) return bytes.length >= MAX_LINE ? NO : needMore(Math.max('QUIT\r\n'.length, bytes.length + 1))
  // A line that ends without CR ends for some servers and goes on for others.
  if (bytes[end - 1] !== 0x0d) return NO
  const [, verb = '', rest = ''] = LINE.exec(strictUtf8Text(bytes, 0, end - 1) ?? '') ?? []
  const name = verb.toUpperCase()
  if (!VERBS.includes(name)) return NO
  const argument = rest.trim()
  const path = name === 'MAIL' || name === 'RCPT' ? PATH.exec(argument) : undefined
  if (path === null) return NO
  return { match: 'yes', verb: name, argument, address: path?.[1] ?? path?.[2], length: end + 1 }
}

function upperCase(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte))
}

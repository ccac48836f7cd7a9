import { Socket } from 'node:net'
import { type SmtpCommand, smtpCommand } from 'router-sdk/protocols'
import { SMTPServer } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js'
import * as fixtures from '../../fixtures/protocols/smtp.ts'
import { bytesOf, type Oracle, oneMark, reasonOf } from './oracle.ts'

const LONGEST = 12_288
const PATHS: Readonly<Record<string, string>> = { MAIL: 'MAIL FROM', RCPT: 'RCPT TO' }
const COMMANDS = ['HELO', 'EHLO', 'LHLO', 'DATA', 'RSET', 'NOOP', 'QUIT', 'VRFY', 'HELP', 'AUTH', 'STARTTLS', 'XCLIENT']
/** Of a client that never connects: it reads the addresses. */
const connection = new SMTPConnection(new SMTPServer({ lenientAddressParsing: true, logger: false }), new Socket())

interface Command {
  readonly line: string
  readonly verb: string
  readonly address: string | undefined
}

/** smtp-server's own reader of lines, and of addresses in its lenient form: ours judges neither host names nor mailboxes. */
export const smtp: Oracle = {
  name: 'smtp-server',
  fixtures: [
    ...Object.values(fixtures),
    bytesOf('RCPT TO:<@relay.example.com:bob@example.org>\r\n'),
    bytesOf('mail from:<> SIZE=1000\r\n'),
    bytesOf('QUIT\r\n'),
  ],
  mutants: 10_000,
  bothRead: 1000,
  compare(bytes) {
    const ours = smtpCommand(bytes)
    const theirs = read(bytes)
    if (ours.match !== 'yes')
      return theirs === undefined ? { kind: 'neither' } : { kind: 'theirs', reason: whyRefused(bytes, theirs) }
    if (theirs === undefined) return { kind: 'ours', reason: whyOnlyOurs(bytes, ours) }
    return { kind: 'both', ours: ourWords(ours), theirs: [theirs.verb, theirs.address] }
  },
}

function read(bytes: Uint8Array): Command | undefined {
  const lines: string[] = []
  const stream = new SMTPStream()
  stream.oncommand = (line) => void lines.push(line.toString())
  stream.write(Buffer.from(bytes))
  const [line] = lines
  if (line === undefined) return undefined
  const verb = (line.split(' ')[0] ?? '').toUpperCase()
  const path = PATHS[verb]
  if (path === undefined) return COMMANDS.includes(verb) ? { line, verb, address: undefined } : undefined
  const parsed = connection._parseAddressCommand(path, line)
  return parsed === false ? undefined : { line, verb, address: oneMark(String(parsed.address)) }
}

function ourWords({ verb, address }: SmtpCommand): unknown {
  return [verb, address && oneMark(address)]
}

function whyRefused(bytes: Uint8Array, { line }: Command): string | undefined {
  return reasonOf({
    'its line does not end with CR and LF': bytes[bytes.indexOf(0x0a) - 1] !== 0x0d,
    'its line is above 12,288 bytes': line.length > LONGEST,
    'it has a control character, or is no UTF-8': /[\0-\x08\x0a-\x1f\x7f\ufffd]/.test(line),
    'a blank stands before its colon': /^\w+ \w+\s+:/.test(line),
    'its path is above 512 characters': line.length > 512,
  })
}

function whyOnlyOurs(bytes: Uint8Array, { verb, argument, address }: SmtpCommand): string | undefined {
  return reasonOf({
    'theirs does not serve this command': !COMMANDS.includes(verb) && !(verb in PATHS),
    'a tab stands behind its verb': bytes[verb.length] === 0x09,
    'its address is without brackets': address !== undefined && !argument.includes('<'),
    'its address is no mailbox, which a server judges': address !== undefined,
  })
}

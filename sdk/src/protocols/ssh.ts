/**
 * The line with which each side of an SSH connection begins.
 *
 * Specification: RFC 4253, section 4.2 "Protocol Version Exchange" and section 5 "Compatibility With Old SSH Versions".
 */
import { agrees, find, type Match, NO, needMore } from './match.ts'
import { latin1Text } from './text.ts'

/** The first line of an SSH client. */
export interface SshIdentification {
  readonly match: 'yes'
  /** `2.0`; `1.99` for a client that speaks version 1 as well. */
  readonly protocol: string
  /** `OpenSSH_9.2p1`. */
  readonly software: string
  /** What follows the software after a space: `Debian-2`. */
  readonly comments: string | undefined
  /** The length of the line with its end. */
  readonly length: number
}

const MAX_LINE = 255
const SHORTEST = 'SSH-2.0-x\n'.length
const LINE = /^SSH-([0-9]{1,3}\.[0-9]{1,3})-([!-~]+)(?: ([ -~]*))?$/

/**
 * Reads the identification of an SSH client. Clients speak first here, though many wait for the server's line.
 *
 * @example
 * const ssh = sshIdentification(conn.bytes)
 * if (ssh.match === 'yes') return { remote: '10.0.0.5:22' }
 */
export function sshIdentification(bytes: Uint8Array): Match<SshIdentification> {
  if (!agrees(bytes, 0, 'SSH-')) return NO
  const end = find(bytes, 0x0a, 0, MAX_LINE)
  if (end === -1) return bytes.length >= MAX_LINE ? NO : needMore(Math.max(SHORTEST, bytes.length + 1))
  // Version 1 clients may leave the carriage return out.
  const line = LINE.exec(latin1Text(bytes, 0, bytes[end - 1] === 0x0d ? end - 1 : end))
  if (line === null) return NO
  return {
    match: 'yes',
    protocol: line[1] ?? '',
    software: line[2] ?? '',
    comments: line[3],
    length: end + 1,
  }
}

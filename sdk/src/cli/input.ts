import { readFile } from 'node:fs/promises'
import { UsageError } from './files.ts'

export interface InputOptions {
  readonly text?: string
  readonly hex?: string
  readonly file?: string
}

const MOST_INPUT = 16 * 1_048_576
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|(.)|$)/gs
const PLAIN: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\', "'": "'", '"': '"' }

/** The bytes that a command line gives: as text with escapes, in hexadecimal, from a file, or (`-`) from standard input. */
export async function inputBytes({ text, hex, file }: InputOptions, standardInput: boolean): Promise<Uint8Array> {
  const given = [text, hex, file, standardInput ? '-' : undefined].filter((one) => one !== undefined)
  if (given.length > 1) throw new UsageError('give the bytes once: with --text, --hex, --file or -')
  if (text !== undefined) return Buffer.from(unescaped(text), 'latin1')
  if (hex !== undefined) return hexBytes(hex)
  if (file !== undefined) return limited(await readGiven(file))
  if (standardInput) return readStandardInput()
  throw new UsageError(
    "give the bytes with --text 'GET / HTTP/1.1\\r\\n\\r\\n', --hex '16 03 01', --file FILE, or - for standard input",
  )
}

/** Characters above U+007F are sent as UTF-8, as a terminal would. */
function unescaped(text: string): string {
  const bytes = Buffer.from(text).toString('latin1')
  return bytes.replace(ESCAPE, (whole, code: string | undefined, letter: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    const plain = letter === undefined ? undefined : PLAIN[letter]
    if (plain === undefined) throw new UsageError(`--text: ${whole} is no escape; \\r \\n \\t \\0 \\x00 and \\\\ are`)
    return plain
  })
}

function hexBytes(hex: string): Uint8Array {
  const digits = hex.replace(/0x|[\s:,]/gi, '')
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits))
    throw new UsageError("--hex takes pairs of hexadecimal digits, such as '16 03 01' or 160301")
  return Buffer.from(digits, 'hex')
}

async function readGiven(file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > MOST_INPUT) break
    chunks.push(bytes)
  }
  return limited(Buffer.concat(chunks))
}

function limited(bytes: Buffer): Uint8Array {
  return bytes.subarray(0, MOST_INPUT)
}

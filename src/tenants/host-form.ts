import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** What the host of an upstream is once all its spellings are one: an address, or a name in lower case in its ASCII form. */
export type HostForm =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'name'; readonly name: string }

const ASCII = /^[\0-\x7f]*$/
const NUMBER = /^(?:[0-9]+|0[xX][0-9a-fA-F]*)$/

/**
 * Makes one form of a host's spellings: `Example.COM.` is `example.com`, `bücher.example` is `xn--bcher-kva.example`, and
 * `127.1`, `0177.0.0.1`, `0x7f.1` and `2130706433` are 127.0.0.1, as inet_aton and browsers read them. The answer to what looks
 * like a number and is no address, or like a name and is none, is a sentence.
 */
export function formOfHost(host: string): HostForm | string {
  if (isIP(host) !== 0) return { kind: 'address', address: host }
  const ascii = ASCII.test(host) ? host : domainToASCII(host)
  const name = ascii.toLowerCase().replace(/\.$/, '')
  if (name === '') return `${JSON.stringify(host)} is no host name`
  const labels = name.split('.')
  if (!NUMBER.test(labels.at(-1) ?? '')) return { kind: 'name', name }
  const address = addressOf(labels)
  if (address === undefined) return `${JSON.stringify(host)} ends in a number and is no IPv4 address`
  return { kind: 'address', address }
}

/** Up to four numbers, each decimal, octal (0…) or hexadecimal (0x…), of which the last fills all bytes that are left. */
function addressOf(labels: readonly string[]): string | undefined {
  if (labels.length > 4 || !labels.every((label) => NUMBER.test(label))) return undefined
  const numbers = labels.map(numberOf)
  const last = numbers.pop() ?? Number.NaN
  if (!numbers.every((number) => number <= 255) || !(last < 256 ** (4 - numbers.length))) return undefined
  const value = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last)
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

/** NaN for an octal number with a digit that is none. */
function numberOf(text: string): number {
  if (/^0x/i.test(text)) return text.length === 2 ? 0 : Number(text)
  if (text.length > 1 && text.startsWith('0')) return Number(`0o${text}`)
  return Number(text)
}

const CHUNK = 4096 // arguments of one call; engines refuse some tens of thousands

/** Bytes as a string of one character a byte. */
export function latin1Text(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; ) {
    const codes: number[] = []
    for (const end = Math.min(at + CHUNK, to); at < end; at++) codes.push(bytes[at] ?? 0)
    text += String.fromCharCode.apply(null, codes)
  }
  return text
}

/** Bytes as UTF-8; each byte that is not part of a character becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array, from: number, to: number): string {
  return decode(bytes, from, to).text
}

/** Bytes as UTF-8, or `undefined` when they are not (RFC 3629: shortest form, no surrogates, up to U+10FFFF). */
export function strictUtf8Text(bytes: Uint8Array, from: number, to: number): string | undefined {
  const { text, valid } = decode(bytes, from, to)
  return valid ? text : undefined
}

function decode(bytes: Uint8Array, from: number, to: number): { text: string; valid: boolean } {
  let text = ''
  let valid = true
  let ascii = from
  for (let at = from; at < to; ) {
    if ((bytes[at] ?? 0) < 0x80) {
      at++
      continue
    }
    text += latin1Text(bytes, ascii, at)
    const size = sequence(bytes, at, to)
    if (size === 0) valid = false
    text += size === 0 ? '\ufffd' : String.fromCodePoint(codePoint(bytes, at, size))
    at += size === 0 ? 1 : size
    ascii = at
  }
  return { text: text + latin1Text(bytes, ascii, to), valid }
}

/** The length of the character that begins at `at`, 2 to 4, or 0 when none does. */
function sequence(bytes: Uint8Array, at: number, to: number): number {
  const lead = bytes[at] ?? 0
  const size =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
  if (size === 0 || at + size > to) return 0
  for (let i = 1; i < size; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0
  const second = bytes[at + 1] ?? 0
  if (lead === 0xe0 && second < 0xa0) return 0
  if (lead === 0xed && second > 0x9f) return 0
  if (lead === 0xf0 && second < 0x90) return 0
  if (lead === 0xf4 && second > 0x8f) return 0
  return size
}

function codePoint(bytes: Uint8Array, at: number, size: number): number {
  let point = (bytes[at] ?? 0) & (size === 2 ? 0x1f : size === 3 ? 0x0f : 0x07)
  for (let i = 1; i < size; i++) point = (point << 6) | ((bytes[at + i] ?? 0) & 0x3f)
  return point
}

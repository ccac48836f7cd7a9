/**
 * The Huffman code in which HPACK writes strings.
 *
 * Specification: RFC 7541, section 5.2 and appendix B. The code is canonical: the lengths of its codes say all.
 */

// biome-ignore format: sixteen symbols a line
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
]
const END = 256
const LONGEST = 30

/** For each length: the first code of that length, and the symbols that have codes of it, in the order of their codes. */
interface Codes {
  readonly first: readonly number[]
  readonly symbols: readonly (readonly number[])[]
}

let codes: Codes | undefined

function makeCodes(): Codes {
  const symbols = Array.from({ length: LONGEST + 1 }, (_, length) =>
    LENGTHS.flatMap((size, symbol) => (size === length ? [symbol] : [])),
  )
  const first = [0]
  for (let length = 1; length <= LONGEST; length++)
    first.push(((first[length - 1] ?? 0) + (symbols[length - 1]?.length ?? 0)) * 2)
  return { first, symbols }
}

/** The text, one character a byte, or `undefined` when the bytes are none or do not end as they must. */
export function huffmanText(bytes: Uint8Array): string | undefined {
  codes ??= makeCodes()
  const { first, symbols } = codes
  let text = ''
  let code = 0
  let length = 0
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    code = code * 2 + (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1)
    length++
    const symbol = symbols[length]?.[code - (first[length] ?? 0)]
    if (symbol === undefined) {
      if (length === LONGEST) return undefined
      continue
    }
    if (symbol === END) return undefined
    text += String.fromCharCode(symbol)
    code = 0
    length = 0
  }
  // What is left over is less than a byte, and all ones.
  return length < 8 && code === 2 ** length - 1 ? text : undefined
}

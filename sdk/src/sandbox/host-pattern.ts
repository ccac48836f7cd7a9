import { domainToASCII } from 'node:url'

/** What a pattern must be like, for messages. */
export const HOST_PATTERN_RULE =
  'a host name such as "git.acme.example", or one with "*." in front, without scheme, port, path or a dot at its end, of at most 253 characters'

const LONGEST = 253
const NAME = /^(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/
/** IDNA is asked about names only: of a URL's other parts it would make something. */
const PLAIN = /^[A-Za-z0-9._\u0080-\u{10ffff}-]+$/u
const ADDRESS = /(?:^|\.)[0-9]+$/

/**
 * A host name, or `*.` and a host name, as clients ask for it: in lower case, beyond ASCII in its A-label form. `undefined` when
 * `text` is neither; an IP address is neither.
 */
export function hostPattern(text: string): string | undefined {
  const wild = text.startsWith('*.') ? '*.' : ''
  const name = text.slice(wild.length)
  if (name.length > LONGEST || !PLAIN.test(name)) return undefined
  const ascii = domainToASCII(name).toLowerCase()
  const normal = `${wild}${ascii}`
  return normal.length <= LONGEST && NAME.test(ascii) && !ADDRESS.test(ascii) ? normal : undefined
}

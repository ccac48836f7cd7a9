import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'

const CHECK_EVERY = 5000 // milliseconds

/** The names of `/etc/hosts`, read again when the file has changed, for which it is looked at every five seconds. */
export class HostsFile {
  #path: string
  #now: () => number
  #names: ReadonlyMap<string, readonly string[]> = new Map()
  #stamp = ''
  #checked = Number.NEGATIVE_INFINITY

  /** `now` gives milliseconds of a clock that never goes back. */
  constructor(path: string, now: () => number) {
    this.#path = path
    this.#now = now
  }

  /** The addresses of a name in lower case, IPv4 first; `undefined` when the file does not name it. */
  addresses(name: string): readonly string[] | undefined {
    const now = this.#now()
    if (now - this.#checked >= CHECK_EVERY) {
      this.#checked = now
      this.#refresh()
    }
    return this.#names.get(name)
  }

  #refresh(): void {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path)
      const stamp = `${mtimeMs} ${size} ${ino}`
      if (stamp === this.#stamp) return
      this.#names = parseHosts(readFileSync(this.#path, 'utf8'))
      this.#stamp = stamp
    } catch {
      // no file, or one that is being replaced: it names nothing until the next look
      this.#names = new Map()
      this.#stamp = ''
    }
  }
}

/** Reads hosts(5): an address and its names on each line, `#` starts a comment; a line that is neither is passed over. */
export function parseHosts(text: string): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (address === undefined || isIP(address) === 0) continue
    for (const alias of aliases) add(names, alias.toLowerCase().replace(/\.$/, ''), address)
  }
  for (const addresses of names.values()) addresses.sort((one, other) => isIP(one) - isIP(other))
  return names
}

function add(names: Map<string, string[]>, name: string, address: string): void {
  const addresses = names.get(name)
  if (addresses === undefined) names.set(name, [address])
  else if (!addresses.includes(address)) addresses.push(address)
}

import { lookup, Resolver as NameServers, type RecordWithTtl } from 'node:dns'

/** What one query found out: addresses, IPv4 first, with the seconds they hold; that there are none; or that it failed. */
export type QueryResult =
  | { readonly kind: 'found'; readonly addresses: readonly string[]; readonly ttl: number }
  | { readonly kind: 'no-such-name' }
  | { readonly kind: 'failed'; readonly reason: string }

type Answered = (result: QueryResult) => void
type Family = { readonly addresses: string[]; readonly ttl: number } | { readonly code: string }

const NO_SUCH_NAME = ['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA']
const LOOKUP_TTL = 10 // seconds: the system's resolver tells none
const TRIES = 2

/**
 * The system's resolver runs in Node's pool of four threads, which files need too, and may keep a thread for half a minute:
 * no more than this many are asked of it at once, the others wait.
 */
const LOOKUPS_AT_ONCE = 2
const LOOKUPS_WAITING = 100

/**
 * Asks for the addresses of a name: of the given name servers or the system's, and of the system's resolver (which knows
 * search domains, mDNS and the like) where those know nothing: names of one label, and unknown names when no servers are
 * given. The time an answer may take is the caller's to limit.
 */
export class NameQuery {
  #servers: NameServers
  #systemServers: boolean
  #waiting: (() => void)[] = []
  #lookups = 0

  /** `timeout`: milliseconds that all tries of one query may take together. */
  constructor(servers: readonly string[], timeout: number) {
    const each = Math.max(1, Math.floor(timeout / TRIES))
    this.#servers = new NameServers({ timeout: each, tries: TRIES, maxTimeout: each })
    this.#systemServers = servers.length === 0
    if (!this.#systemServers) this.#servers.setServers(servers)
  }

  /** Calls `answered` later, and once unless it is closed. */
  ask(name: string, answered: Answered): void {
    const oneLabel = !name.includes('.')
    if (oneLabel && this.#systemServers) this.#lookup(name, answered)
    else
      this.#askServers(name, (result) => {
        const unknown = result.kind === 'no-such-name'
        if (unknown && (oneLabel || this.#systemServers)) this.#lookup(name, answered)
        else answered(result)
      })
  }

  /** Ends every query that is under way. */
  close(): void {
    this.#waiting = []
    this.#servers.cancel()
  }

  #askServers(name: string, answered: Answered): void {
    let four: Family | undefined
    let six: Family | undefined
    const done = () => {
      if (four !== undefined && six !== undefined) answered(combine(four, six))
    }
    try {
      this.#servers.resolve4(name, { ttl: true }, (error, records) => {
        four = family(error, records)
        done()
      })
      this.#servers.resolve6(name, { ttl: true }, (error, records) => {
        six = family(error, records)
        done()
      })
    } catch (error) {
      // Node throws what c-ares refuses at once
      process.nextTick(answered, { kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
    }
  }

  #lookup(name: string, answered: Answered): void {
    if (this.#lookups >= LOOKUPS_AT_ONCE) {
      if (this.#waiting.length < LOOKUPS_WAITING) this.#waiting.push(() => this.#lookup(name, answered))
      else process.nextTick(answered, { kind: 'failed', reason: 'too many look-ups of the system wait' })
      return
    }
    this.#lookups += 1
    lookup(name, { all: true, order: 'ipv4first' }, (error, found) => {
      this.#lookups -= 1
      this.#waiting.shift()?.()
      if (error !== null) answered(failure(error.code ?? error.message))
      else answered({ kind: 'found', addresses: [...new Set(found.map(({ address }) => address))], ttl: LOOKUP_TTL })
    })
  }
}

function family(error: NodeJS.ErrnoException | null, records: RecordWithTtl[]): Family {
  if (error !== null) return { code: error.code ?? error.message }
  const ttl = records.reduce((least, record) => Math.min(least, record.ttl), Number.POSITIVE_INFINITY)
  return { addresses: records.map(({ address }) => address), ttl }
}

function combine(four: Family, six: Family): QueryResult {
  if (!('addresses' in four) && !('addresses' in six))
    return failure(NO_SUCH_NAME.includes(four.code) ? six.code : four.code)
  return { kind: 'found', addresses: [...addresses(four), ...addresses(six)], ttl: Math.min(ttl(four), ttl(six)) }
}

function addresses(family: Family): readonly string[] {
  return 'addresses' in family ? family.addresses : []
}

/** One family is enough; but when the other failed, rather than being empty, the answer is good for the least time only. */
function ttl(family: Family): number {
  if ('addresses' in family) return family.ttl
  return NO_SUCH_NAME.includes(family.code) ? Number.POSITIVE_INFINITY : 0
}

function failure(code: string): QueryResult {
  return NO_SUCH_NAME.includes(code) ? { kind: 'no-such-name' } : { kind: 'failed', reason: code }
}

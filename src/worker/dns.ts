import { isIP } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { DnsSettings } from '../config/settings.ts'
import { NameQuery, type QueryResult } from './dns-query.ts'
import { HostsFile } from './hosts-file.ts'

/** Addresses, IPv4 first and never none; or why there are none. */
export type Resolved = readonly string[] | Error

export interface ResolverOptions {
  /** Default `/etc/hosts`. */
  readonly hostsFile?: string
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number
  /** Names kept in the cache; the one that was asked for longest ago goes first. Default 10,000. */
  readonly mostNames?: number
}

type Answered = (result: Resolved) => void

/** What is known of a name. Times are those of the resolver's clock. */
interface Entry {
  addresses: readonly string[]
  freshUntil: number
  staleUntil: number
  /** Set when the last query failed or found nothing. */
  error: Error | undefined
  /** Not asked again before this. */
  askAfter: number
  query: Query | undefined
}

/** A query under way, which all who ask for the name share. */
interface Query {
  waiting: Answered[]
  /** Those who wait get the old answer at this point, where there is one. */
  patience: NodeJS.Timeout | undefined
  limit: NodeJS.Timeout
}

const MOST_NAMES = 10_000
const ASK_AGAIN = 1000 // milliseconds between queries for a name that failed or does not exist
const STALE_PATIENCE = 200 // milliseconds that a new answer is waited for where an old one would do

/**
 * Names to addresses, from the hosts file and DNS, through a cache.
 *
 * An answer is fresh for its TTL, between `minTtl` and `maxTtl`. After that the next who asks waits for a new one, but at
 * most 200 ms: then the old answer serves. Once a query has failed, the old answer serves at once, for `staleFor` after its
 * time, while at most one query a second tries to replace it. Only the name server's word that a name is gone takes an old
 * answer away. Failures and unknown names are remembered for a second. No query takes longer than `timeout`.
 */
export class Resolver {
  #settings: DnsSettings
  #hosts: HostsFile
  #query: NameQuery
  #now: () => number
  #mostNames: number
  #entries = new Map<string, Entry>()
  #queries = new Set<Query>()
  #closed = false

  constructor(settings: DnsSettings, options: ResolverOptions = {}) {
    this.#settings = settings
    this.#now = options.now ?? (() => performance.now())
    this.#hosts = new HostsFile(options.hostsFile ?? '/etc/hosts', this.#now)
    this.#mostNames = options.mostNames ?? MOST_NAMES
    this.#query = new NameQuery(settings.servers, settings.timeout)
  }

  /** Calls `answered` once, before it returns when the answer is known. An IP address is its own answer. */
  resolve(host: string, answered: Answered): void {
    if (isIP(host) !== 0) return answered([host])
    const name = host.toLowerCase().replace(/\.$/, '')
    if (!isHostName(name)) return answered(new Error(`${quote(host)} is neither a host name nor an IP address`))
    if (this.#closed) return answered(new Error(`look up ${name}: the resolver is closed`))
    const listed = this.#hosts.addresses(name)
    if (listed !== undefined) return answered(listed)
    this.#fromCache(name, answered)
  }

  /** From now on; what is cached stays, and queries under way go on with the servers that they were sent to. */
  configure(settings: DnsSettings): void {
    const same = JSON.stringify(settings.servers) === JSON.stringify(this.#settings.servers)
    if (!same || settings.timeout !== this.#settings.timeout)
      this.#query = new NameQuery(settings.servers, settings.timeout)
    this.#settings = settings
  }

  /** Ends all queries; who still waits gets an error. */
  close(): void {
    this.#closed = true
    this.#query.close()
    for (const query of this.#queries) this.#end(query, new Error('look up: the resolver was closed'))
    this.#entries.clear()
  }

  #fromCache(name: string, answered: Answered): void {
    const entry = this.#touch(name)
    const now = this.#now()
    if (now < entry.freshUntil) return answered(entry.addresses)
    const stale = now < entry.staleUntil
    if (now < entry.askAfter && entry.query === undefined)
      return answered(stale ? entry.addresses : (entry.error ?? unknownName(name)))
    entry.query ??= this.#ask(name, entry)
    // known to fail, or slow: the old answer serves while the query goes on
    const impatient = entry.error !== undefined || entry.query.patience === undefined
    if (stale && impatient) answered(entry.addresses)
    else entry.query.waiting.push(answered)
  }

  /** The entry of a name, made the one that was used last. */
  #touch(name: string): Entry {
    const entry = this.#entries.get(name) ?? emptyEntry()
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    if (this.#entries.size > this.#mostNames) {
      const [oldest] = this.#entries.keys()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    return entry
  }

  #ask(name: string, entry: Entry): Query {
    const { timeout } = this.#settings
    const query: Query = {
      waiting: [],
      patience: setTimeout(() => this.#losePatience(entry, query), STALE_PATIENCE),
      limit: setTimeout(
        () => this.#settle(name, entry, query, { kind: 'failed', reason: `no answer in ${timeout} ms` }),
        timeout,
      ),
    }
    this.#queries.add(query)
    this.#query.ask(name, (result) => this.#settle(name, entry, query, result))
    return query
  }

  #losePatience(entry: Entry, query: Query): void {
    query.patience = undefined
    if (this.#now() >= entry.staleUntil) return
    const { waiting } = query
    query.waiting = []
    for (const answered of waiting) answered(entry.addresses)
  }

  #settle(name: string, entry: Entry, query: Query, result: QueryResult): void {
    if (!this.#queries.has(query)) return
    entry.query = undefined
    const now = this.#now()
    if (result.kind === 'found') this.#keep(entry, result.addresses, now + this.#lifetime(result.ttl))
    else {
      entry.askAfter = now + ASK_AGAIN
      if (result.kind === 'no-such-name') entry.staleUntil = 0
      entry.error = result.kind === 'failed' ? new Error(`look up ${name}: ${result.reason}`) : unknownName(name)
    }
    const kept = result.kind === 'found' || now < entry.staleUntil ? entry.addresses : undefined
    this.#end(query, kept ?? entry.error ?? unknownName(name))
  }

  #keep(entry: Entry, addresses: readonly string[], freshUntil: number): void {
    entry.addresses = addresses
    entry.freshUntil = freshUntil
    entry.staleUntil = freshUntil + this.#settings.staleFor
    entry.error = undefined
    entry.askAfter = 0
  }

  #lifetime(seconds: number): number {
    const { minTtl, maxTtl } = this.#settings
    return Math.min(Math.max(seconds * 1000, minTtl), maxTtl)
  }

  #end(query: Query, result: Resolved): void {
    this.#queries.delete(query)
    clearTimeout(query.patience)
    clearTimeout(query.limit)
    for (const answered of query.waiting) answered(result)
  }
}

function emptyEntry(): Entry {
  const never = Number.NEGATIVE_INFINITY
  return { addresses: [], freshUntil: never, staleUntil: never, error: undefined, askAfter: never, query: undefined }
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** RFC 1123, and underscores. A name that ends in a number is none: some resolvers would read `127.1` as an address. */
function isHostName(name: string): boolean {
  if (name.length === 0 || name.length > 253) return false
  const labels = name.split('.')
  const last = labels.at(-1) ?? ''
  return labels.every((label) => LABEL.test(label)) && !/^(?:\d+|0x[0-9a-f]*)$/.test(last)
}

function unknownName(name: string): Error {
  return new Error(`look up ${name}: there is no such name`)
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

import { type Hook, READ, type SandboxVersion } from 'router-sdk/sandbox'
import type { Inquiry } from './decide.ts'
import { MemoHabit } from './memo-habit.ts'
import { hashOf } from './memo-hash.ts'
import { MemoRoom, MemoShelf, type Remembered } from './memo-room.ts'

/** Bytes of a connection that an answer may depend on and be remembered. */
const MOST_BYTES = 4096
/** Sets of facts that are tried for each question: paths of one router read different ones. */
const MOST_SETS = 4
/** No two questions agree in the time, hardly any two in the client's port. */
const NEVER_AGAIN = READ.now | READ.clientPort

/** Whose a version is, and which hosts it shares. */
export type Remembering = Pick<SandboxVersion, 'id' | 'router' | 'tenant' | 'cordon'>

/**
 * Decisions that were made, for questions that agree with an earlier one in all that its decision read. Routers are pure: the
 * same version, asked about the same bytes, facts and tables, decides the same. What it read is what its host says, and a host may
 * have been taken over: what came from hosts of a cordon is forgotten when one of them is gone.
 */
export class Memo {
  readonly #allowed: (tenant: string) => number
  readonly #versions = new Map<number, { readonly of: Remembering; memo: VersionMemo }>()
  readonly #rooms = new Map<string, { readonly room: MemoRoom; versions: number }>()

  /** `allowed`: bytes that may be remembered for a tenant; 0 for nothing. */
  constructor(allowed: (tenant: string) => number) {
    this.#allowed = allowed
  }

  /** What is remembered of a version; `undefined` for one that is not to be remembered. Good until something is forgotten. */
  of(id: number): VersionMemo | undefined {
    const memo = this.#versions.get(id)?.memo
    return memo?.room.isOpen === true ? memo : undefined
  }

  /** From now on decisions of a version are remembered. */
  add(of: Remembering): void {
    const tenants = this.#rooms.get(of.tenant) ?? { room: new MemoRoom(this.#allowed(of.tenant)), versions: 0 }
    this.#rooms.set(of.tenant, tenants)
    tenants.versions += 1
    this.#versions.set(of.id, { of, memo: new VersionMemo(tenants.room) })
  }

  /** A version serves no more. */
  remove(id: number): void {
    const removed = this.#versions.get(id)
    if (removed === undefined) return
    const { of, memo } = removed
    this.#versions.delete(id)
    memo.end()
    const tenants = this.#rooms.get(of.tenant)
    if (tenants !== undefined && --tenants.versions === 0) this.#rooms.delete(of.tenant)
  }

  /** A table of a router is another one now. */
  forgetRouter(router: string): void {
    this.#forget((of) => of.router === router)
  }

  /** A host of a cordon is gone, and nobody knows what it was. */
  forgetCordon(cordon: string): void {
    this.#forget((of) => of.cordon === cordon)
  }

  /** What tenants may have remembered is another number now. */
  configure(): void {
    for (const [tenant, { room }] of this.#rooms) room.allowed = this.#allowed(tenant)
  }

  /** Bytes that are remembered for a tenant, about. */
  bytesOf(tenant: string): number {
    return this.#rooms.get(tenant)?.room.bytes ?? 0
  }

  #forget(which: (of: Remembering) => boolean): void {
    for (const version of this.#versions.values()) {
      if (!which(version.of)) continue
      version.memo.end()
      version.memo = new VersionMemo(version.memo.room)
    }
  }
}

/**
 * What is remembered of one version until something changes on which its decisions may depend. Who asked before that has the one
 * from before, which takes nothing in any more.
 */
export class VersionMemo {
  readonly room: MemoRoom
  readonly #shelf: MemoShelf
  readonly #habit = new MemoHabit()
  readonly #sets: { readonly route: number[]; readonly onConnect: number[] } = { route: [], onConnect: [] }

  constructor(room: MemoRoom) {
    this.room = room
    this.#shelf = new MemoShelf(room)
  }

  /** Forgets what it has, and remembers nothing any more. */
  end(): void {
    this.#shelf.close()
  }

  find(inquiry: Inquiry): Remembered | undefined {
    const sets = this.#setsOf(inquiry.hook)
    const found = this.#findBy(sets, inquiry)
    if (sets.length > 0) this.#habit.looked(found !== undefined)
    return found
  }

  #findBy(sets: readonly number[], inquiry: Inquiry): Remembered | undefined {
    for (const read of sets) {
      if ((read & READ.bytes) !== 0 && inquiry.bytes.length > MOST_BYTES) continue
      const hash = hashOf(inquiry, read)
      const found = this.#shelf.has(hash) ? this.#shelf.get(hash, this.#key(inquiry, read)) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }

  /** A question was decided, by what it `read`. */
  keep(inquiry: Inquiry, read: number, remembered: Remembered): void {
    const sets = this.#setsOf(inquiry.hook)
    if (sets === NO_SETS || (read & NEVER_AGAIN) !== 0) return
    if ((read & READ.bytes) !== 0 && inquiry.bytes.length > MOST_BYTES) return
    if (!sets.includes(read)) {
      sets.unshift(read)
      sets.length = Math.min(sets.length, MOST_SETS)
    }
    const hash = hashOf(inquiry, read)
    if (this.#habit.isWorth(hash)) this.#shelf.set(hash, this.#key(inquiry, read), remembered)
  }

  #setsOf(hook: Hook): number[] {
    return hook === 'route' ? this.#sets.route : hook === 'onConnect' ? this.#sets.onConnect : NO_SETS
  }

  /** All that was read, so written that different facts never make the same key: what has no fixed length says how long it is. */
  #key({ hook, bytes, facts }: Inquiry, read: number): string {
    const { final, client, local, listener } = facts
    let key = String.fromCharCode(hook === 'route' ? 0 : 1, read)
    if ((read & READ.final) !== 0) key += final ? '1' : '0'
    if ((read & READ.clientAddress) !== 0) key += sized(client.address)
    if ((read & READ.localAddress) !== 0) key += sized(local.address)
    if ((read & READ.localPort) !== 0) key += `${local.port} `
    if ((read & READ.listener) !== 0) key += sized(listener)
    if ((read & READ.bytes) !== 0) key += bytes.toString('latin1')
    return key
  }
}

const NO_SETS: number[] = []

function sized(text: string): string {
  return `${text.length} ${text}`
}

import type { ForwardDecision } from 'router-sdk/decision'
import type { Hook } from 'router-sdk/sandbox'
import type { Settings } from '../config/settings.ts'
import { tenantOf } from '../tenants/policy.ts'
import type { LimitName, TenantUsage } from '../tenants/usage.ts'
import { formatAddress } from '../transport/address.ts'
import { after, type Deadline } from '../transport/deadlines.ts'
import type { Connection, ConnectionEvents } from '../transport/transport.ts'
import { type CloseReason, RecordKeeper } from './access-record.ts'
import { Dialogue, type NoVerdict, type Verdict } from './dialogue.ts'
import { Place } from './place.ts'
import { Preread } from './preread.ts'
import { type Relay, type RelayResult, startRelay } from './relay.ts'
import { ServerNameReader } from './server-name.ts'
import type { SessionContext, SessionListener } from './session-context.ts'
import { connectUpstream, type UpstreamAttempt, type UpstreamConnected, type UpstreamFailed } from './upstream.ts'

/**
 * - `choosing`: bytes are read until they say which host the client asks for, and so which router
 * - `prereading`: bytes are read and the router is asked about them
 * - `connecting`: it has decided, and the upstream is being reached
 * - `relaying`: both ends belong to the relay
 * - `parting`: the client is being told goodbye
 * - `closed`: recorded
 */
type State = 'choosing' | 'prereading' | 'connecting' | 'relaying' | 'parting' | 'closed'

/** Upstreams that `onConnectError` may try for one connection, the first included. */
const MAX_UPSTREAMS = 8
/**
 * Whoever sends byte by byte must not have a router asked for each: so many questions about a connection are asked as soon as
 * there is anything new, and each that follows waits twice as long as the one before, from the first pause to the longest.
 */
const PROMPT_QUESTIONS = 8
const PAUSE = { first: 4, longest: 250 } as const // milliseconds
/** How long a client may take to read a goodbye, in milliseconds. */
const PARTING_TIME = 10_000
const PREREAD_LIMITS: Partial<Record<CloseReason, LimitName>> = {
  'preread-full': 'prereadBytes',
  'preread-timeout': 'prereadTime',
}
const NOTHING = Buffer.alloc(0)

/**
 * One connection, from accept to its access record, in the order in which it happens: choose a router → preread → decide →
 * connect → relay → record. It refers to its router by name only, so that a swap, or a host's death, is nothing that it could notice.
 */
export class Session implements ConnectionEvents {
  readonly id: string
  /** Where it stands among the living; kept by whoever counts them. */
  index = 0
  readonly #context: SessionContext
  readonly #settings: Settings
  readonly #listener: SessionListener
  readonly #client: Connection
  readonly #record = new RecordKeeper()
  readonly #preread: Preread
  readonly #dialogue: Dialogue
  #state: State = 'choosing'
  /** Only where routers share the port. */
  #serverName: ServerNameReader | undefined
  /** Among the connections of its tenant; before a router is chosen, among those of none. */
  #place: Place | undefined
  #deadline: Deadline | undefined
  /** Until its router is asked again. */
  #pause: Deadline | undefined

  #clientEnded = false

  #connecting: UpstreamAttempt | undefined
  readonly #tried: string[] = []
  #relay: Relay | undefined
  #inactivity: Deadline | undefined
  /** Bytes that we sent ourselves: replayed to the upstream, said to the client. */
  #up = 0
  #down = 0
  #reason: CloseReason = 'client-left'

  constructor(id: string, context: SessionContext, listener: SessionListener, client: Connection) {
    this.id = id
    this.#context = context
    this.#settings = context.settings()
    this.#listener = listener
    this.#client = client
    this.#preread = new Preread(this.#settings.preread.limit)
    this.#dialogue = new Dialogue(context, client, listener.name, this.#preread, this.#record)
  }

  /** Accepted: reads, and asks a router that speaks before its clients do. */
  open(): void {
    const { shared, fallback } = this.#listener.routers
    if (this.#context.tenants.refused.has(this.#client.remote.address)) this.#client.comeLast?.()
    this.#client.setEvents(this)
    if (!shared) return this.#choose(fallback)
    this.#deadline = after(this.#settings.preread.time, () => this.#last('preread-timeout'))
    this.#serverName = new ServerNameReader()
    this.#enter(this.#context.tenants.unchosen, () => {})
  }

  // ── choose ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Routers that share the port are told apart by the host that the client asks for. */
  #chooseIfNamed(): void {
    const asked = this.#serverName?.read(this.#preread.rest(0), this.#preread.last !== undefined)
    if (asked !== undefined) this.#choose(this.#listener.routers.find(asked.name))
  }

  /** From here on, and for good, the connection is this router's, and counts among those of its tenant. */
  #choose(router: string | undefined): void {
    if (router === undefined) return this.#sendAway()
    this.#state = 'prereading'
    this.#dialogue.begin(router, this.id)
    const usage = this.#context.tenants.of(tenantOf(router))
    this.#narrow(usage)
    this.#enter(usage, () => this.#begin())
  }

  /** It is no router's: who came for one that is gone, or was never there, comes again and again, and waits for his turn to hear so. */
  #sendAway(): void {
    this.#serverName = undefined
    this.#reason = 'no-router'
    this.#enter(this.#context.tenants.strangers, () => this.#part(undefined))
  }

  /** What its tenant may use before a decision takes the place of what holds for everybody. */
  #narrow(usage: TenantUsage): void {
    const { prereadBytes, prereadTime } = usage.limits
    this.#deadline?.cancel()
    this.#deadline = after(prereadTime - this.#record.elapsed, () => this.#last('preread-timeout'))
    this.#preread.limit = prereadBytes
    if (!this.#preread.full) return
    usage.bite('prereadBytes')
    this.#preread.close('preread-full')
  }

  #enter(usage: TenantUsage, go: () => void): void {
    this.#place?.leave({ up: 0, down: 0 })
    this.#place = new Place(usage, this.#client.remote.address)
    const limit = this.#place.enter(go)
    if (limit !== undefined) this.#refuse(limit)
    else if (this.#place.waiting) this.#client.pause()
  }

  /** Its turn has come. Where routers share the port, none of them speaks first. */
  #begin(): void {
    if (!this.#preread.full) this.#client.resume()
    if (this.#serverName === undefined && this.#dialogue.has('onConnect')) this.#ask('onConnect')
    else this.#askIfDue()
  }

  /** A limit is reached: the client is told by a reset, which costs nothing more. When it comes again, others come first. */
  #refuse(limit: LimitName): void {
    this.#reason = 'over-limit'
    this.#record.limit = limit
    this.#context.tenants.refused.add(this.#client.remote.address)
    this.#client.destroy(true)
    this.#close()
  }

  // ── preread ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  data(bytes: Uint8Array): void {
    if (!this.#undecidedYet && this.#state !== 'connecting') return
    this.#preread.append(bytes)
    if (this.#preread.full) {
      this.#client.pause()
      if (this.#undecidedYet) return this.#last('preread-full')
    }
    this.#goOn()
    // what it sends beyond is the upstream's, most of the time: it need not be kept here
    if (this.#preread.plenty) this.#client.pause()
  }

  /** The client has sent all that it will: it may still be waiting for an answer. */
  ended(): void {
    this.#clientEnded = true
    if (this.#undecidedYet) this.#last('client-left')
  }

  drained(): void {}

  closed(error: Error | undefined): void {
    if (this.#state === 'closed') return
    this.#connecting?.cancel()
    if (this.#state !== 'parting') this.#reason = error === undefined ? 'client-left' : 'client-reset'
    this.#close()
  }

  /** No more bytes will come before a decision: the router is asked once more, and told so. */
  #last(reason: CloseReason): void {
    const limit = PREREAD_LIMITS[reason]
    if (limit !== undefined && this.#dialogue.router !== undefined) this.#place?.reached(limit)
    this.#preread.close(reason)
    this.#goOn()
  }

  get #undecidedYet(): boolean {
    return this.#state === 'choosing' || this.#state === 'prereading'
  }

  #goOn(): void {
    if (this.#state === 'choosing') this.#chooseIfNamed()
    this.#askIfDue()
  }

  #askIfDue(): void {
    if (this.#state !== 'prereading' || !this.#preread.due || this.#place?.waiting) return
    if (this.#pause === undefined || this.#preread.last !== undefined) this.#ask('route')
  }

  // ── decide ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #ask(hook: Hook, event?: Record<string, unknown>): void {
    this.#dialogue.ask(hook, event, (verdict, final) => {
      this.#place?.decided(verdict.kind === 'failed' ? verdict.failure : undefined)
      // The client may be gone by now: its decision is nobody's.
      if (this.#state !== 'closed') this.#heard(verdict, final)
    })
  }

  #heard(verdict: Verdict, final: boolean): void {
    switch (verdict.kind) {
      case 'wait':
        return this.#wait(verdict.atLeast, final)
      case 'forward':
        return this.#forward(verdict)
      case 'close':
        if (this.#state === 'prereading') {
          this.#record.decision = 'close'
          this.#reason = 'router-closed'
        }
        return this.#part(verdict.text)
      case 'failed':
        return this.#failed(verdict)
      default:
        return verdict satisfies never
    }
  }

  #wait(atLeast: number, final: boolean): void {
    if (final) {
      this.#reason = this.#preread.last ?? 'client-left'
      return this.#part(undefined)
    }
    this.#preread.wait(atLeast)
    if (!this.#preread.full) this.#client.resume()
    this.#pauseAfterMany()
    this.#askIfDue()
  }

  #pauseAfterMany(): void {
    const more = this.#record.questions - PROMPT_QUESTIONS
    if (more < 0 || this.#pause !== undefined) return
    // nor is the worker woken for each byte
    this.#client.pause()
    this.#pause = after(Math.min(PAUSE.longest, PAUSE.first * 2 ** more), () => {
      this.#pause = undefined
      if (!this.#preread.full) this.#client.resume()
      this.#askIfDue()
    })
  }

  /** The router gave no answer: the connection gets the one that was fixed for this when the router was loaded. */
  #failed({ failure, answer }: NoVerdict): void {
    this.#reason = failure === 'over-limit' ? 'over-limit' : 'router-failed'
    if (failure === 'over-limit') this.#record.limit = 'decisionsInFlight'
    if (answer === undefined || this.#state === 'relaying') return this.#part(undefined)
    if (answer.kind === 'close') return this.#part(answer.text)
    this.#forward(answer)
  }

  // ── connect ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #forward(decision: ForwardDecision): void {
    this.#state = 'connecting'
    this.#decided()
    this.#record.decision = 'forward'
    this.#record.upstream = decision.remote
    this.#record.connecting()
    if (decision.reply !== undefined && decision.replyWhen === 'decided') this.#say(decision.reply)
    const { connect } = this.#settings
    this.#connecting = connectUpstream(
      {
        transport: this.#context.transport,
        resolver: this.#context.resolver,
        upstream: decision.upstream,
        connectTimeout: decision.connectTimeout ?? connect.timeout,
        retries: connect.retries,
        retryDelay: connect.retryDelay,
        writesAtOnce: this.#replays(decision),
        judge: this.#context.judgeOf(this.#dialogue.router ?? '', decision.remote),
      },
      {
        connected: (connected) => this.#connected(decision, connected),
        failed: (failed) => this.#unreachable(decision, failed),
      },
    )
  }

  /** The upstream could not be reached: its router may name another, and is asked before the client sees an end. */
  #unreachable(decision: ForwardDecision, { code, message, attempts, lastAddress }: UpstreamFailed): void {
    this.#connecting = undefined
    this.#record.connectEnded()
    this.#record.attempts += attempts
    this.#record.address = lastAddress
    this.#tried.push(decision.remote)
    if (this.#record.failure !== undefined) this.#reason = 'router-failed'
    else this.#reason = code === 'not-allowed' ? 'not-allowed' : 'connect-failed'
    const asks = this.#dialogue.has('onConnectError') && this.#tried.length < MAX_UPSTREAMS
    if (!asks || this.#clientEnded || this.#record.failure !== undefined) return this.#part(undefined)
    this.#ask('onConnectError', { code, message, attempts, remote: decision.remote, tried: this.#tried })
  }

  // ── relay ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Replays what was read, once, and hands both ends to the relay: from here on nothing of a router is involved. */
  #connected(decision: ForwardDecision, { connection, address, attempts }: UpstreamConnected): void {
    this.#state = 'relaying'
    this.#connecting = undefined
    this.#record.connectEnded()
    this.#record.attempts += attempts
    this.#record.address = address
    if (decision.reply !== undefined && decision.replyWhen === 'connected') this.#say(decision.reply)
    if (decision.data !== undefined) this.#replay(connection, latin1(decision.data))
    this.#replay(connection, this.#preread.rest(decision.data === undefined ? 0 : this.#preread.shown))
    const { inactivityTimeout } = decision
    const options = {
      idleTimeout: this.#settings.relay.idleTimeout,
      clientEnded: this.#clientEnded,
      firstByte: inactivityTimeout === undefined ? undefined : () => this.#spoke(),
      throttle: this.#place,
    }
    this.#relay = startRelay(this.#client, connection, options, (result) => this.#relayed(result))
    if (inactivityTimeout === undefined) this.#preread.clear()
    else this.#inactivity = after(inactivityTimeout, () => this.#silent(decision.remote, inactivityTimeout))
  }

  /** Whether the upstream is sent something before it says anything. */
  #replays({ data }: ForwardDecision): boolean {
    return data === undefined ? this.#preread.length > 0 : data !== '' || this.#preread.length > this.#preread.shown
  }

  #replay(upstream: Connection, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    upstream.write(bytes)
    this.#up += bytes.length
  }

  #spoke(): void {
    this.#inactivity?.cancel()
    this.#inactivity = undefined
    this.#preread.clear()
  }

  /** The upstream accepted and said nothing for too long. A client that has ended may be gone: then nobody is asked. */
  #silent(remote: string, elapsed: number): void {
    const asks = this.#dialogue.has('onInactivity') && this.#relay?.clientEnded === false
    if (asks) this.#ask('onInactivity', { remote, elapsed })
    else this.#relay?.stop('inactivity', NOTHING)
  }

  #relayed({ endedBy, reset }: RelayResult): void {
    switch (endedBy) {
      case 'client':
        this.#reason = reset ? 'client-reset' : 'client-end'
        break
      case 'upstream':
        this.#reason = reset ? 'upstream-reset' : 'upstream-end'
        break
      case 'idle':
        this.#reason = 'idle-timeout'
        break
      case 'inactivity':
        this.#reason = 'inactivity-timeout'
        break
      case 'forced':
        this.#reason = 'drain-forced'
        break
      default:
        endedBy satisfies never
    }
    this.#close()
  }

  // ── close and record ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Ends the session whatever it is doing: a drain's time is up. */
  force(): void {
    this.#reason = 'drain-forced'
    if (this.#relay !== undefined && this.#state === 'relaying') return this.#relay.stop('forced')
    this.#connecting?.cancel()
    this.#client.destroy()
    this.#close()
  }

  #decided(): void {
    this.#deadline?.cancel()
    this.#deadline = undefined
    this.#pause?.cancel()
    this.#pause = undefined
    this.#record.decided()
    this.#record.prereadBytes = Math.max(this.#record.prereadBytes, this.#preread.length)
  }

  /** Says goodbye: `text` if there is one, then the end. */
  #part(text: string | undefined): void {
    if (this.#state === 'relaying') return this.#partFromRelay(text)
    this.#state = 'parting'
    this.#decided()
    if (text !== undefined) this.#say(text)
    this.#client.setEvents(this)
    this.#client.finish(PARTING_TIME)
  }

  /** Only `onInactivity` is asked while relaying. An upstream that spoke after all meanwhile is let go on. */
  #partFromRelay(text: string | undefined): void {
    if (this.#inactivity === undefined) return
    this.#down += text?.length ?? 0
    this.#relay?.stop('inactivity', latin1(text ?? ''))
  }

  #say(text: string): void {
    if (text === '') return
    this.#down += text.length
    this.#client.write(latin1(text))
  }

  #close(): void {
    this.#state = 'closed'
    this.#decided()
    this.#inactivity?.cancel()
    this.#preread.clear()
    this.#dialogue.end()
    const { address, port } = this.#client.remote
    const who = {
      id: this.id,
      listener: this.#listener.name,
      client: formatAddress(address, port),
      router: this.#dialogue.router,
    }
    const bytes = { up: this.#up + (this.#relay?.up ?? 0), down: this.#down + (this.#relay?.down ?? 0) }
    this.#place?.leave(bytes)
    this.#context.closed(this, this.#record.finish(who, bytes, this.#reason))
  }
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

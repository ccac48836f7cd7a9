import {
  type Answered,
  type Failed,
  type HostProgram,
  installHostProgram,
  ProcessSandbox,
  type ProcessSandboxOptions,
  type Question,
  type Reply,
  type Sandbox,
  type SandboxEvent,
  type SandboxLimits,
  type SandboxVersion,
  type VersionLimits,
} from 'router-sdk/sandbox'
import { until, within } from '../kit/wait.ts'

const MiB = 1_048_576

/** Roomier than the defaults: what is tested is what happens, not how fast on a busy machine. */
export const LIMITS: SandboxLimits = { decisionDeadline: 600, hostMemory: 512 * MiB }

/** Of a version: roomy as well, and no quota. */
export const VERSION_LIMITS: VersionLimits = {
  decisionTime: 100,
  loadTime: 400,
  isolateMemory: 16 * MiB,
  cpuPerSecond: 0,
  cpuBurst: 1,
  decisionsInFlight: 0,
}

/** A version of the operator's, unless `more` says otherwise. */
export function version(
  id: number,
  code: string,
  { limits, ...more }: Partial<Omit<SandboxVersion, 'limits'>> & { limits?: Partial<VersionLimits> } = {},
): SandboxVersion {
  return {
    id,
    router: `r${id}`,
    code,
    tenant: '',
    cordon: 'operator',
    ...more,
    limits: { ...VERSION_LIMITS, ...limits },
  }
}

/** A bundle as the compiler prints one. */
export function bundle(definition: string, before = ''): string {
  return `var pointsmanRouter = (() => { ${before}\nreturn { default: ${definition} } })()`
}

/** A bundle whose `route` has this body, and answers noop to no bytes. */
export function routing(body: string, before = ''): string {
  return bundle(`{ route(conn) { if (conn.bytes.length === 0) return { noop: true }; ${body} } }`, before)
}

export function question(
  text = 'x',
  more: Partial<Question['facts']> = {},
  hook: Question['hook'] = 'route',
): Question {
  const facts = {
    final: false,
    client: { address: '192.0.2.7', port: 4000 },
    local: { address: '192.0.2.8', port: 80 },
    listener: '0.0.0.0:80',
    now: 1_700_000_000_000,
    lookups: {},
    ...more,
  }
  return { hook, bytes: Buffer.from(text, 'latin1'), facts }
}

/** Asks, and makes sure that the answer comes once and not before `ask` has returned. */
export function ask(sandbox: Sandbox, id: number, asked: Question = question()): Promise<Reply> {
  let returned = false
  let answers = 0
  const reply = new Promise<Reply>((resolve, reject) => {
    sandbox.ask(id, asked, (answer) => {
      if (!returned) reject(new Error('answered before ask returned'))
      if (++answers > 1) throw new Error('answered twice')
      resolve(answer)
    })
  })
  returned = true
  return within('an answer', reply)
}

/** What the router closed with. */
export async function said(sandbox: Sandbox, id: number, asked: Question = question()): Promise<string> {
  return closeText(await ask(sandbox, id, asked))
}

export function closeText(reply: Reply): string {
  const { decision } = answered(reply)
  if (decision.kind !== 'close' || decision.text === undefined) throw new Error(`not a text: ${JSON.stringify(reply)}`)
  return decision.text
}

export function answered(reply: Reply): Answered {
  if (reply.kind !== 'answered') throw new Error(`not an answer: ${JSON.stringify(reply)}`)
  return reply
}

export function failed(reply: Reply): Failed {
  if (reply.kind !== 'failed') throw new Error(`not a failure: ${JSON.stringify(reply)}`)
  return reply
}

const FLAGS = ['--no-node-snapshot', '--no-memory-pool', '--no-memory-pool-share-memory-on-teardown']
let program: Promise<HostProgram> | undefined

/** How a host is started without any wall round its process. */
export async function hostCommand(): Promise<string[]> {
  program ??= installHostProgram()
  return [process.execPath, ...FLAGS, (await program).file]
}

export async function removeHostProgram(): Promise<void> {
  await (await program)?.remove()
  program = undefined
}

/** A `ProcessSandbox` with what it reported; closed at the end of its scope. */
export class WatchedSandbox implements AsyncDisposable {
  readonly sandbox: ProcessSandbox
  readonly events: SandboxEvent[]

  static async start(options: Partial<ProcessSandboxOptions> = {}): Promise<WatchedSandbox> {
    const watched = await WatchedSandbox.create(options)
    await watched.sandbox.start()
    return watched
  }

  static async create(options: Partial<ProcessSandboxOptions> = {}): Promise<WatchedSandbox> {
    const events: SandboxEvent[] = []
    const sandbox = new ProcessSandbox({
      command: options.command ?? (await hostCommand()),
      hosts: 1,
      limits: LIMITS,
      strikes: { limit: 3, window: 600_000, quarantine: 1000, quarantineMax: 300_000 },
      report: (event) => events.push(event),
      ...options,
    })
    return new WatchedSandbox(sandbox, events)
  }

  private constructor(sandbox: ProcessSandbox, events: SandboxEvent[]) {
    this.sandbox = sandbox
    this.events = events
  }

  event<K extends SandboxEvent['kind']>(kind: K, limit?: number): Promise<Extract<SandboxEvent, { kind: K }>> {
    const isKind = (event: SandboxEvent): event is Extract<SandboxEvent, { kind: K }> => event.kind === kind
    return until(
      `event ${kind}`,
      () => this.events.find(isKind),
      () => this.events,
      limit,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.close()
  }
}

import { existsSync } from 'node:fs'
import { z } from 'zod'
import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load.ts'
import { askControl } from './client.ts'
import { controlSocket } from './socket-path.ts'

/** Which of the programs that run is asked: the one that serves `routers` with this configuration. */
export interface Asked {
  readonly config?: string
  readonly routers: string
}

const status = z.object({
  routers: z.array(
    z.object({
      router: z.string(),
      version: z.number().optional(),
      refused: z.unknown().optional(),
      standing: z.string(),
    }),
  ),
  tenants: z.array(
    z.object({
      tenant: z.string(),
      connections: z.number(),
      accepted: z.number(),
      decisions: z.number(),
      failures: z.number(),
      limited: z.record(z.string(), z.number()),
    }),
  ),
})
const released = z.object({ released: z.array(z.string()) })

/** `pointsman tenants`: a line for each tenant. */
export async function listTenants(asked: Asked): Promise<string> {
  const { routers, tenants } = read(status, await askControl(await socketOf(asked), 'GET', '/status'))
  const names = [...new Set([...routers.map(({ router }) => ownerOf(router)), ...tenants.map(({ tenant }) => tenant)])]
  const rows = names.sort().map((name) => {
    const own = routers.filter(({ router }) => ownerOf(router) === name)
    const used = tenants.find(({ tenant }) => tenant === name)
    const limits = Object.entries(used?.limited ?? {}).map(([limit, times]) => `${limit} ${times}`)
    const trouble = own.filter(({ standing, refused }) => standing !== 'clear' || refused !== undefined)
    return [
      name === '' ? '(operator)' : name,
      `${own.filter(({ version }) => version !== undefined).length}/${own.length}`,
      `${used?.connections ?? 0}/${used?.accepted ?? 0}`,
      `${used?.failures ?? 0}/${used?.decisions ?? 0}`,
      limits.join(', ') || '-',
      trouble.map(({ router, standing }) => `${router} ${standing === 'clear' ? 'refused' : standing}`).join(', ') ||
        '-',
    ]
  })
  return table([['tenant', 'served', 'connections', 'failed', 'limited', 'trouble'], ...rows])
}

/** `pointsman tenants release NAME`. */
export async function releaseTenant(asked: Asked, tenant: string): Promise<string> {
  if (!/^[A-Za-z0-9_-]+$/.test(tenant)) throw new ConfigError(`${JSON.stringify(tenant)} is not the name of a tenant`)
  const { released: routers } = read(
    released,
    await askControl(await socketOf(asked), 'POST', `/tenants/${tenant}/release`),
  )
  return `released ${tenant}: ${routers.join(', ') || 'it has no router'}\n`
}

/** `pointsman status` and `pointsman metrics`: as the socket has them. */
export async function printed(asked: Asked, what: 'status' | 'metrics'): Promise<string> {
  return askControl(await socketOf(asked), 'GET', `/${what}`)
}

async function socketOf({ routers, config }: Asked): Promise<string> {
  const { settings } = await loadConfig({ config, host: undefined, port: undefined })
  if (!existsSync(routers)) throw new ConfigError(`there is no ${routers}; -r says what the program to ask serves`)
  const socket = controlSocket(settings.control.socket, routers)
  if (socket === undefined) throw new ConfigError('control.socket is null: there is none to ask')
  return socket
}

function read<T>(schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(JSON.parse(text))
  if (!parsed.success) throw new ConfigError('the program on the control socket is of another version')
  return parsed.data
}

function ownerOf(router: string): string {
  return router.includes('/') ? router.slice(0, router.indexOf('/')) : ''
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return `${rows.map(line).join('\n')}\n`
}

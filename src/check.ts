import { closeCompiler, compileRouter } from 'router-sdk/compile'
import { type HostLaunch, ProcessSandbox, type RouterDescription } from 'router-sdk/sandbox'
import { type CommandLine, loadConfig } from './config/load.ts'
import type { Settings } from './config/settings.ts'
import { accountOf, accountText } from './supervisor/account.ts'
import { type Claim, Claims, listenText, PortRefused } from './supervisor/claims.ts'
import { DirectoryStore } from './supervisor/directory-store.ts'
import { detectHostLaunch } from './supervisor/isolation.ts'
import { claimOf, refuseUnallowed } from './supervisor/ports.ts'
import { type RouterSource, StoreError } from './supervisor/store.ts'
import { assertApart, placesOf } from './supervisor/tenant-places.ts'
import { sandboxVersion } from './tenants/sandbox-version.ts'

/**
 * Compiles, type-checks and loads every router in a sandbox host, and prints what would be served. The result is the exit
 * code: 1 after the account of the first broken router.
 */
export async function check(routers: string, line: CommandLine): Promise<number> {
  const { settings } = await loadConfig(line)
  const store = new DirectoryStore(routers, placesOf(settings))
  if (store.hasTenants) assertApart(store.path, placesOf(settings))
  const listing = await store.list()
  const [refused] = listing.refused
  if (refused !== undefined) throw new StoreError(`${refused.path}: ${refused.message}`)
  if (listing.routers.length === 0) throw new StoreError(`there is no router in ${store.path}`)
  const { remove, ...launch } = await detectHostLaunch({ ...settings.isolation, hostMemory: settings.hostMemory })
  const sandbox = createSandbox(settings, launch)
  try {
    await sandbox.start()
    return await checkAll(listing.routers, settings, sandbox)
  } finally {
    await Promise.all([sandbox.close(), closeCompiler()])
    await remove()
  }
}

function createSandbox(settings: Settings, { command, untrusted }: HostLaunch): ProcessSandbox {
  return new ProcessSandbox({
    command,
    ...(untrusted && { untrustedCommand: untrusted.command }),
    hosts: 1,
    limits: { decisionDeadline: settings.router.decisionDeadline, hostMemory: settings.hostMemory },
    strikes: settings.strikes,
    report: () => {},
  })
}

async function checkAll(
  sources: readonly RouterSource[],
  settings: Settings,
  sandbox: ProcessSandbox,
): Promise<number> {
  const claims = new Claims()
  for (const [index, source] of sources.entries()) {
    const { router } = source
    const description = await checkOne(source, index + 1, settings, sandbox)
    if (description === undefined) return 1
    const claim = claimOf(router, description, settings)
    const refusal = refusalOf(claim, claims, settings)
    if (refusal !== undefined) return complain(`router ${router} is refused: ${refusal}`)
    process.stdout.write(`${router}  ${listenText(claim)}  ${description.hooks.join(', ')}\n`)
  }
  return 0
}

async function checkOne(
  source: RouterSource,
  id: number,
  settings: Settings,
  sandbox: ProcessSandbox,
): Promise<RouterDescription | undefined> {
  const { router, file, folder, subfolders } = source
  let sourceMap: string | undefined
  try {
    const compiled = await compileRouter({ file, folder, subfolders, limits: settings.router })
    sourceMap = compiled.sourceMap
    return await sandbox.load(sandboxVersion(settings, { id, router, code: compiled.code }))
  } catch (error) {
    complain(`router ${router} is refused: ${accountText(accountOf(error, router, sourceMap))}`)
    return undefined
  }
}

/** Port 0 is nobody's before it is bound. */
function refusalOf(claim: Claim, claims: Claims, settings: Settings): string | undefined {
  try {
    refuseUnallowed(settings, claim)
    if (claim.port !== 0) claims.add(claim)
    return undefined
  } catch (error) {
    if (error instanceof PortRefused) return error.message
    throw error
  }
}

function complain(message: string): 1 {
  process.stderr.write(`pointsman: ${message}\n`)
  return 1
}

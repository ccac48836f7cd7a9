/** What a file has to be called to be a router, in a folder that is served as well as in one that is tested. */

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/
const TABLE_FILE = /^([^.]+)\.([A-Za-z0-9][A-Za-z0-9_-]*)\.(json|csv)$/

/** What a router's, or a tenant's, name must be like, for messages. */
export const NAME_RULE = 'a name has letters, digits, "-" and "_" and begins with a letter or digit'

/** Whether a router or a tenant may have this name. */
export function isName(name: string): boolean {
  return NAME.test(name)
}

/** Whether a file of this name is meant to be a router; helpers, tests and declarations are not. */
export function isRouterFile(name: string): boolean {
  return name.endsWith('.ts') && !/^[_.]|\.(?:test|d)\.ts$/.test(name)
}

/** Whether a folder of this name is meant to be a tenant's. */
export function isTenantName(name: string): boolean {
  return !/^[_.]/.test(name) && name !== 'node_modules'
}

/** The table that a file of this name holds, and the router whose it is. */
export function tableOf(name: string): { readonly router: string; readonly table: string } | undefined {
  const [, router, table] = TABLE_FILE.exec(name) ?? []
  return router === undefined || table === undefined ? undefined : { router, table }
}

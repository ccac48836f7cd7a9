import { getSystemErrorMap } from 'node:util'

const NAMES = getSystemErrorMap()

/** The error that Node itself would make of a failed call: `code` such as `EADDRINUSE`. */
export function systemError(call: string, errno: number, about = ''): Error & { readonly code: string } {
  const [code, text] = NAMES.get(-errno) ?? [`E${errno}`, 'unknown error']
  const where = about === '' ? '' : ` ${about}`
  return Object.assign(new Error(`${call} ${code}: ${text}${where}`), { code, errno: -errno, syscall: call })
}

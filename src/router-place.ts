/** `file:line:column` of a place that the compiler or the sandbox found, relative to the routers' folder: a tenant's is in front. */
export function placeText(router: string, found: { file: string; line: number; column: number }): string {
  const { file, line, column } = found
  const folder = file.startsWith('router-sdk/') ? '' : router.slice(0, router.lastIndexOf('/') + 1)
  return `${folder}${file}:${line}:${column}`
}

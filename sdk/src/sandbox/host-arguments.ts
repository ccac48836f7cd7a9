/** A host's command line: it has no environment and reads no file. */
export function hostArguments(penalty: boolean): string[] {
  return [penalty ? 'penalty' : 'serving']
}

/** Whether a host that was started with these arguments asks struck routers on and on. @throws for any other words. */
export function isPenaltyHost(words: readonly string[]): boolean {
  const [role = '', ...more] = words
  if (more.length > 0 || !['penalty', 'serving'].includes(role))
    throw new Error(`a sandbox host was started with ${JSON.stringify(words)}`)
  return role === 'penalty'
}

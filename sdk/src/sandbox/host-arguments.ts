/** What a host is told when it is started: it has no environment and reads no file. */
export interface HostRole {
  /** It asks struck routers on and on. */
  readonly penalty: boolean
  /** It gives up all system calls but those that it needs before it serves. */
  readonly confined: boolean
}

/** The word that stands before a host's own arguments where it is to be confined. */
export const CONFINED = 'confined'

/** The end of a host's command line. */
export function hostArguments(penalty: boolean): string[] {
  return [penalty ? 'penalty' : 'serving']
}

/** What a host was told with these arguments. @throws for any other words. */
export function hostRole(words: readonly string[]): HostRole {
  const confined = words[0] === CONFINED
  const [role = '', ...more] = confined ? words.slice(1) : words
  if (more.length > 0 || !['penalty', 'serving'].includes(role))
    throw new Error(`a sandbox host was started with ${JSON.stringify(words)}`)
  return { penalty: role === 'penalty', confined }
}

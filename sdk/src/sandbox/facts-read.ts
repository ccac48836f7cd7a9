/**
 * Which facts of its question a decision read, as the bits of one number: the bootstrap notes them, a host passes them on, and
 * two questions that agree in these facts have the same answer. What was looked up is not among them.
 */
export const READ = {
  /** Also as `text`. */
  bytes: 1,
  final: 2,
  clientAddress: 4,
  clientPort: 8,
  localAddress: 16,
  localPort: 32,
  listener: 64,
  /** `Date` too. */
  now: 128,
} as const

/** What an answer is taken to depend on that does not say. */
export const READ_ALL = 255
